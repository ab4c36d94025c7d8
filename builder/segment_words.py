"""What the editor of a segment says."""

from __future__ import annotations

from runtime.texts import Message, _

TEXTS: dict[str, Message] = {
    "segment_tab": _("Who belongs to it"),
    "sg_count": _("How many belong to it"),
    "sg_wait": _("Counting …"),
    "sg_faulty": _("Once the condition can be read, the number comes."),
    "sg_shown": _("For example"),
    "sg_nobody": _("Nobody belongs to it."),
    "sg_chips": _("All of these must hold"),
    "sg_everybody": _("There is no condition yet. Pick the first one."),
    "sg_field": _("Field, tag, tier or segment"),
    "sg_operator": _("Relation"),
    "sg_value": _("Value"),
    "sg_add": _("Add the condition"),
    "sg_formula": _("As a formula"),
    "sg_formula_help": _("Sums over related records and “or” are written here."),
    "sg_of": _("Records of {form}"),
}
