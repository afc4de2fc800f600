"""Words for changes of reference data, as the record holds them: what was kept, and what was done to it."""

from typing import Final

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy, pgettext_lazy

from gongjian.web.words import labelled

KEPT: Final = {
    "audit.retention": ("retention_class", gettext_lazy("保存期限")),
    "casework.reminder": ("reminder", gettext_lazy("提醒")),
    "casework.term": ("term", gettext_lazy("时限")),
    "hotline.emergency_word": ("emergency_word", gettext_lazy("紧急词")),
    "hotline.everyday_word": ("everyday_word", gettext_lazy("俗称")),
    "hotline.notice": ("notice", gettext_lazy("公告")),
    "hotline.reject_reason": ("reject_reason", gettext_lazy("不予受理的理由")),
    "hotline.rule": ("dispatch_rule", gettext_lazy("派件规则")),
    "hotline.service_hours": ("service_hours", gettext_lazy("服务时间")),
    "hotline.topic": ("topic", gettext_lazy("类别")),
    "notify.wording": ("notice_wording", gettext_lazy("通知文字")),
    "workdays.day": ("calendar_day", gettext_lazy("调整日")),
    "workdays.hours": ("office_hours", gettext_lazy("办公时间")),
    "workdays.notice": ("year_notice", gettext_lazy("放假通知")),
}
ACTS: Final = {
    "add": gettext_lazy("新增"),
    "change": gettext_lazy("修改"),
    "close": pgettext_lazy("目录", "停用"),
    "correct": gettext_lazy("更正"),
    "end": gettext_lazy("改停用日期"),
    "follow": gettext_lazy("换新"),
    "import": gettext_lazy("从表格更新"),
    "merge": gettext_lazy("并入另一类"),
    "open": pgettext_lazy("目录", "再启用"),
    "record": gettext_lazy("录入"),
    "withdraw": gettext_lazy("撤回"),
}
_labelled = lazy(labelled, str)
KEPT_ACTIONS: Final = {
    f"{stem}.{what}": _labelled(noun, act) for stem, (_kind, noun) in KEPT.items() for what, act in ACTS.items()
}
KEPT_THINGS: Final = dict(KEPT.values())
