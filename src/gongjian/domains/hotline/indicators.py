"""What the hotline counts, in words: numerator, denominator and target of every figure (systems design, F5)."""

from django.utils.translation import gettext_lazy as _

from gongjian.figures.specs import Better, IndicatorSpec, Measure

RECEIVED = IndicatorSpec("hotline.received", _("受理量"), _("当期登记的件"), Measure.COUNT, Better.NEITHER)
CLOSED = IndicatorSpec("hotline.closed", _("办结量"), _("当期办结的件"), Measure.COUNT, Better.NEITHER)
ON_TIME = IndicatorSpec(
    "hotline.on_time", _("按时答复率"), _("在期限内答复的 ÷ 当期答复的"), Measure.RATE, Better.HIGHER,
    target=95.0, source="GB/T 33358-2016：限时办理；95% 由本区设定",
)  # fmt: skip
SIGNED_ON_TIME = IndicatorSpec(
    "hotline.signed_on_time", _("按时签收率"), _("在时限内签收的 ÷ 当期签收的"), Measure.RATE, Better.HIGHER,
    target=95.0,
)  # fmt: skip
RESPONSE = IndicatorSpec(
    "hotline.response", _("响应率"), _("按时首次联系的 ÷ 当期首次联系的"), Measure.RATE, Better.HIGHER, target=95.0
)  # fmt: skip
SOLVED = IndicatorSpec(
    "hotline.solved", _("解决率"), _("居民说解决了的 ÷ 居民回答了的"), Measure.RATE, Better.HIGHER, target=85.0
)  # fmt: skip
SATISFIED = IndicatorSpec(
    "hotline.satisfied", _("满意率"), _("满意和基本满意的 ÷ 居民评价了的"), Measure.RATE, Better.HIGHER, target=90.0
)  # fmt: skip
ON_THE_SPOT = IndicatorSpec(
    "hotline.on_the_spot", _("当场答复率"), _("当场答复的 ÷ 当期登记的"), Measure.RATE, Better.HIGHER
)  # fmt: skip
RETURNED = IndicatorSpec("hotline.returned", _("退回率"), _("单位退回的 ÷ 当期派出的"), Measure.RATE, Better.LOWER)
REPEATED = IndicatorSpec(
    "hotline.repeated", _("重复诉求"), _("90 天内同一号码同一类别再次反映的 ÷ 当期登记的"), Measure.RATE, Better.LOWER
)  # fmt: skip
BREACHED = IndicatorSpec("hotline.breached", _("新超时"), _("当期超过期限的计时"), Measure.COUNT, Better.LOWER)

SPECS = (
    RECEIVED, CLOSED, ON_TIME, SIGNED_ON_TIME, RESPONSE, SOLVED, SATISFIED, ON_THE_SPOT, RETURNED, REPEATED, BREACHED,
)  # fmt: skip
