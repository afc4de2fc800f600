"""What was answered to the questions of a topic, as one cell: 哪根灯杆：12 号；几盏：3. An import reads it back."""

from psycopg.sql import SQL, Composable, Literal

from gongjian.domains.hotline.models import ServiceAttribute
from gongjian.domains.hotline.queries.open311 import question_of

# Between question and answer, between answers, between the several values of one; a semicolon of an answer is doubled.
SIGNS = {"zh": ("：", "；", "、"), "en": (": ", "; ", ", ")}
# Most cases have none: asking for that first spares two sums over nothing for each line.
CELL = SQL("""
case when exists (select from hotline_attributeanswer v where v.case_id = c.id) then
(select string_agg(o.ask || {colon} || o.said, {semicolon} order by o.place, o.id) from (
   select a.id, a."order" as place, a.ask_{language} as ask, string_agg(
       replace(replace(coalesce(n.name, v.value), '；', '；；'), ';', ';;'), {comma} order by v.place) as said
   from hotline_attributeanswer v join hotline_serviceattribute a on a.id = v.attribute_id
   left join ({names}) n (attribute, value, name) on n.attribute = a.id and n.value = v.value
   where v.case_id = c.id group by a.id) o) end
""")

# The words of all answers of a case, to look for numbers in.
ANSWERED = (
    "case when exists (select from hotline_attributeanswer v where v.case_id = c.id)"
    " then (select string_agg(v.value, ' ') from hotline_attributeanswer v where v.case_id = c.id) else '' end"
)


def answers_cell(language: str) -> Composable:
    """Return the expression of the cell for the case `c`."""
    colon, semicolon, comma = map(Literal, SIGNS[language])
    return CELL.format(
        colon=colon, semicolon=semicolon, comma=comma, language=SQL("zh" if language == "zh" else "en"),
        names=_names(language),
    )  # fmt: skip


def _names(language: str) -> Composable:
    """Return the choices of all lists by attribute and key."""
    rows = [
        SQL("({}::bigint, {}, {})").format(*map(Literal, (row.pk, choice.key, getattr(choice, f"name_{language}"))))
        for row in ServiceAttribute.objects.exclude(options="").order_by("pk")
        for choice in question_of(row).values
    ]
    return SQL("values {}").format(SQL(", ").join(rows)) if rows else SQL("select 0::bigint, '', '' where false")
