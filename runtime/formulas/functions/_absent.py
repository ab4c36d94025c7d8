"""What people know from elsewhere and will not find here, and what to do instead."""

from __future__ import annotations

from runtime.texts import Message, _

TRIGONOMETRY = _("There is no trigonometry here. For the distance between two places use DISTANCE.")
CHANCE = _("There are no random numbers here: the same record must give the same value every time. UUID() gives defaults a new identifier.")
ERRORS = _("Nothing fails here: what cannot be worked out, such as a division by zero, is blank. Use IFEMPTY(value, otherwise).")
SEARCHES = _(
    "To read a record of another form use a reference field (order.customer), LOOKUP('form', 'field', value, 'result') or an aggregate."
)
CELLS = _("There are no cells here; name fields and related records.")
NUMBERED = _("Records have a number of their own: write id.")
WHERE = _("Say it with a condition: {instead}.", instead="COUNT(orders, where=ISEMPTY(orders.amount))")

ABSENT: dict[str, Message] = {
    **dict.fromkeys(
        "SIN COS TAN COT SEC CSC ASIN ACOS ATAN ATAN2 ACOT SINH COSH TANH RADIANS DEGREES PI 正弦 余弦 正切 余切 弧度".split(), TRIGONOMETRY
    ),
    **dict.fromkeys("RAND RANDBETWEEN RANDARRAY RANDOM 随机数".split(), CHANCE),
    **dict.fromkeys("IFERROR IFNA ISERROR ISERR ISNA ERROR NA".split(), ERRORS),
    **dict.fromkeys("VLOOKUP HLOOKUP XLOOKUP MATCH XMATCH MAPX MAP".split(), SEARCHES),
    **dict.fromkeys("OFFSET INDIRECT ADDRESS ROW ROWS COLUMN COLUMNS CELL TRANSPOSE".split(), CELLS),
    "RECNO": NUMBERED,
    "COUNTBLANK": WHERE,
    "IP": _("Formulas do not know from where somebody works; the audit log does."),
    "ISREF": CELLS,
    "TEXTDEPT": _("Read the name of a department from its field; MY_DEPARTMENTS() gives those of the person who asks."),
    "TEXTLOCATION": _("Name the field itself and join texts with &."),
    "TEXTPHONE": _("Name the field itself and join texts with &."),
    "RANK": _("For the place among all records use PERCENT_RANK(field) or QUANTILE_BAND(field, 10)."),
    "NTILE": _("For the place among all records use PERCENT_RANK(field) or QUANTILE_BAND(field, 10)."),
    "SUM_LAST": _("Say it with a window: {instead}.", instead="SUM(orders.amount, on=orders.paid_on, days=365)"),
    "HAS_TAG": _("Ask the field of the tags: {instead}.", instead="'vip' in tags"),
}
