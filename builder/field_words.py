"""What the settings of field types are called on screen, where builder/words.py has no word that fits every kind.

A name alone goes for every type that has no word of its own for it; `type.setting` is for one type. A choice stands under `setting.value`,
since “none” is never of one setting and any text of another.
"""

from __future__ import annotations

from runtime.texts import Message, _

SETTINGS: dict[str, Message] = {
    "detail": _("Ask for street and house"),
    "whole": _("Both parts are needed"),
    "qr": _("Show as a QR code"),
    "children": _("Options below"),
    "tree": _("Tree of options"),
    "exact": _("Must go all the way down"),
    "other": _("Another answer may be written"),
    "look": _("Appearance"),
    "lng": _("Longitude"),
    "lat": _("Latitude"),
    "metres": _("Metres around it"),
    "within": _("Only within a circle"),
    "by_hand": _("Coordinates may be typed"),
    "kinds": _("Kinds of files"),
    "max_size": _("Largest size of one file in MB"),
    "camera": _("Only from the camera"),
    "old": _("Numbers of 15 digits too"),
    "reference": _("Record chosen in"),
    "stars": _("Number of stars"),
    "level": _("Down to"),
    "figure": _("Figure"),
    "start": _("First number"),
    "step": _("Step"),
    "shown_as": _("Shown as"),
    "wide": _("Fields that take a whole row"),
    "tab": _("Tab"),
    "divider": _("Divider"),
    "barcode.kind": _("Kind of code"),
    "button.ask": _("Asked before"),
    "button.done": _("Said afterwards"),
    "date.min": _("First day"),
    "date.max": _("Last day"),
    "duration.min": _("Least number of minutes"),
    "duration.max": _("Greatest number of minutes"),
    "linked_choice.field": _("Field of that form"),
    "linked_choice.where": _("Only records where"),
    "lookup.field": _("Field of that record"),
    "percent.min": _("Least, in percent"),
    "percent.max": _("Most, in percent"),
    "phone.region": _("Country of numbers without +"),
    "query_panel.most": _("Records at a time"),
    "query_panel.where": _("Only records where"),
    "rollup.relation": _("Related records or rows"),
    "rollup.field": _("Field of those records"),
    "rollup.where": _("Only those"),
    "rollup.on": _("By date"),
    "rollup.days": _("Of the last days"),
    "section_text.text": _("Words below the heading"),
    "serial.each": _("Count for each value of"),
    "time.min": _("Earliest"),
    "time.max": _("Latest"),
    "time.step": _("Minutes between the times on offer"),
}

CHOICES: dict[str, Message] = {
    "figure.average": _("Average"),
    "figure.count": _("How many records"),
    "figure.greatest": _("Greatest value"),
    "figure.least": _("Least value"),
    "figure.sum": _("Sum"),
    "format.none": _("Any text"),
    "format.bank_card": _("Bank card number (check digit)"),
    "format.cn_id": _("Identity number of China (check digit)"),
    "format.cn_postcode": _("Postcode of China"),
    "format.cn_uscc": _("Company number of China (check digit)"),
    "kind.any": _("Any code"),
    "kind.ean13": _("EAN-13, on goods"),
    "kinds.archive": _("Archives"),
    "kinds.audio": _("Sound"),
    "kinds.document": _("Documents"),
    "kinds.picture": _("Pictures"),
    "kinds.sheet": _("Spreadsheets"),
    "kinds.slides": _("Slides"),
    "kinds.text": _("Plain text"),
    "kinds.video": _("Videos"),
    "level.city": _("City"),
    "level.district": _("District"),
    "level.province": _("Province"),
    "look.line": _("With a line"),
    "look.note": _("Note"),
    "look.plain": _("Plain"),
    "look.primary": _("Stands out"),
}


def setting_of(kind: object, name: str) -> Message | None:
    """The word that one type of field has for a setting, if it has one."""
    return SETTINGS.get(f"{kind}.{name}")


def choice_of(name: str, value: str) -> Message | None:
    """The word for a choice of one setting, if that setting has words of its own."""
    return CHOICES.get(f"{name}.{value}")
