"""What may follow what on the hotline, who may do it, and which clocks run.

One table serves the four kinds; they differ by their terms, which are dated data (data/terms.toml).
"""

from enum import unique

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongjian.casework.kinds import (
    PREVIOUS,
    STAYS,
    Audience,
    Badge,
    By,
    CaseKind,
    Clock,
    Move,
    Scope,
    Stage,
    State,
)
from gongjian.identity.rights import Right


@unique
class HotlineRight(Right):
    CASE_ANSWER = "hotline:case:answer"
    CASE_ASSIGN = "hotline:case:assign"
    CASE_CALLBACK = "hotline:case:callback"
    CASE_CORRECT = "hotline:case:correct"
    CASE_DISPATCH = "hotline:case:dispatch"
    CASE_EXPORT = "hotline:case:export"
    CASE_EXTEND = "hotline:case:extend"
    CASE_EXTEND_APPROVE = "hotline:case:extend_approve"
    CASE_HAND_OVER = "hotline:case:hand_over"
    CASE_HANDLE = "hotline:case:handle"
    CASE_INTAKE = "hotline:case:intake"
    CASE_PUBLISH = "hotline:case:publish"
    CASE_READ_ALL = "hotline:case:read_all"
    CASE_READ_UNIT = "hotline:case:read_unit"
    CASE_REJECT = "hotline:case:reject"
    CASE_RETURN = "hotline:case:return"
    CASE_REVIEW = "hotline:case:review"
    CASE_SIGN = "hotline:case:sign"
    CASE_SUBMIT = "hotline:case:submit"
    CASE_SUPERVISE = "hotline:case:supervise"


STATES = (
    State("received", _("已登记"), _("我们收到了，正在看该由谁来办。"), Stage.RECEIVED),
    State("answered", _("当场答复"), _("已经当场答复您。"), Stage.CLOSED, Badge.OK, open=False, own=_("已答复")),
    State(
        "rejected",
        _("不予受理"),
        _("这件事我们不能受理，下面写了原因和该找谁。"),
        Stage.CLOSED,
        Badge.HOLD,
        open=False,
        own=_("不予受理"),
    ),
    State("to_dispatch", _("待派件"), _("我们收到了，正在派给负责的单位。"), Stage.RECEIVED),
    State("dispatched", _("待签收"), _("已经派给负责的单位，等他们签收。"), Stage.SENT),
    State("returned", _("已退回"), _("单位说不归他们管，我们正在重新派。"), Stage.SENT, Badge.LATE),
    State("signed", _("已签收"), _("负责的单位收到了，马上开始办。"), Stage.SENT),
    State("in_progress", _("办理中"), _("负责的单位正在办。"), Stage.HANDLING),
    State(
        "waiting_citizen",
        _("等居民"),
        _("正在等您补充材料，计时先停。"),
        Stage.HANDLING,
        Badge.SOON,
        own=_("等您补充"),
    ),
    State(
        "extension_pending",
        _("延期待批"),
        _("单位申请多要一些时间，负责人正在看。"),
        Stage.HANDLING,
        Badge.SOON,
        own=_("单位申请延期"),
    ),
    State("submitted", _("待审核"), _("单位写好了答复，正在审核。"), Stage.HANDLING),
    State("redo", _("重办"), _("答复没有过关，单位正在重办。"), Stage.HANDLING, Badge.LATE),
    State("replied", _("已答复"), _("已经答复您。解决了没有，请告诉我们。"), Stage.ANSWERED, Badge.SOON),
    State("callback", _("待回访"), _("我们会打电话问您解决了没有。"), Stage.ANSWERED),
    State("reopened", _("复核中"), _("按您的要求，单位正在复核。"), Stage.HANDLING, Badge.LATE, own=_("复核中")),
    State("closed", _("已办结"), _("这件事办结了。"), Stage.CLOSED, Badge.OK, open=False, own=_("已办结")),
    State(
        "cancelled",
        pgettext_lazy("件", "已撤销"),
        _("您撤销了这件事。"),
        Stage.CLOSED,
        Badge.HOLD,
        open=False,
        own=pgettext_lazy("件", "已撤销"),
    ),
    State("archived", _("已归档"), _("这件事办结并归档了。"), Stage.CLOSED, Badge.OK, open=False, own=_("已办结")),
)

_OPEN = frozenset(s.name for s in STATES if s.open)
_WORKING = frozenset({"in_progress", "redo", "reopened"})
_HELD = frozenset({"dispatched", "signed", "waiting_citizen", "extension_pending", "submitted"}) | _WORKING
_BEFORE_REPLY = _OPEN - {"replied", "callback"}
_DONE = frozenset({"closed", "answered", "rejected", "cancelled"})
_APPLICANT, _STAFF, _SYSTEM = frozenset({By.APPLICANT}), frozenset({By.STAFF}), frozenset({By.SYSTEM})
_R = HotlineRight


def _at(*states: str) -> frozenset[str]:
    return frozenset(states)


MOVES = (
    Move(
        "register", _("登记"), _("收到您的反映"), frozenset(), "received",
        right=_R.CASE_INTAKE, scope=Scope.DISTRICT, by=_STAFF | _APPLICANT | _SYSTEM,
        audience=(Audience.APPLICANT,), icon="phone",
    ),
    Move(
        "answer", _("当场答复并办结"), _("当场答复"), _at("received", "to_dispatch"), "answered",
        right=_R.CASE_ANSWER, scope=Scope.DISTRICT, audience=(Audience.APPLICANT,), icon="check-circle",
    ),
    Move(
        "reject", _("不予受理"), _("不予受理"), _at("received", "to_dispatch"), "rejected",
        right=_R.CASE_REJECT, scope=Scope.DISTRICT, audience=(Audience.APPLICANT,), icon="x",
    ),
    Move(
        "accept", _("提交派件"), _("已受理，正在找负责单位"), _at("received"), "to_dispatch",
        right=_R.CASE_INTAKE, scope=Scope.DISTRICT, by=_STAFF | _SYSTEM, icon="right",
    ),
    Move(
        "dispatch", _("派件"), _("派给负责的单位"), _at("received", "to_dispatch", "returned"), "dispatched",
        right=_R.CASE_DISPATCH, scope=Scope.DISTRICT, by=_STAFF | _SYSTEM,
        audience=(Audience.HOLDER_UNIT, Audience.APPLICANT), icon="transfer",
    ),
    Move(
        "recall", _("收回，重新派"), _("派件员收回，重新派"), _at("dispatched"), PREVIOUS,
        right=_R.CASE_DISPATCH, scope=Scope.DISTRICT,
        audience=(Audience.HOLDER_UNIT,), public=False, icon="bounce",
    ),
    Move(
        "sign", _("签收"), _("单位签收"), _at("dispatched"), "signed",
        right=_R.CASE_SIGN, icon="check",
    ),
    Move(
        "return", _("退回"), _("单位退回"), _at("dispatched", "signed"), "returned",
        right=_R.CASE_RETURN, audience=(Audience.DISPATCHERS,), public=False, icon="bounce",
    ),
    Move(
        "backstop", _("退回，转兜底单位"), _("第二次退回，转兜底单位"), _at("dispatched", "signed"), "dispatched",
        right=_R.CASE_RETURN, audience=(Audience.HOLDER_UNIT, Audience.DISPATCHERS), public=False, icon="bounce",
    ),
    Move(
        "start", _("开始办理"), pgettext_lazy("经过", "开始办理"), _at("signed"), "in_progress",
        right=_R.CASE_HANDLE, icon="right",
    ),
    Move(
        "contact", _("记一次联系"), _("联系了您"), _HELD - {"dispatched"}, STAYS,
        right=_R.CASE_HANDLE, icon="phone",
    ),
    Move(
        "note", _("内部意见"), _("内部意见"), _OPEN, STAYS,
        right=_R.CASE_HANDLE, public=False, icon="lock",
    ),
    Move(
        "desk_note", _("督办意见"), _("督办意见"), _OPEN, STAYS,
        right=_R.CASE_SUPERVISE, scope=Scope.DISTRICT, audience=(Audience.HOLDER_UNIT,), public=False, icon="shield",
    ),
    Move(
        "take", _("由我办理"), _("明确经办人"), _HELD, STAYS,
        right=_R.CASE_HANDLE, public=False, icon="user",
    ),
    Move(
        "ask_citizen", _("等居民补材料"), _("请您补充"), _WORKING, "waiting_citizen",
        right=_R.CASE_HANDLE, audience=(Audience.APPLICANT,), icon="pause",
    ),
    Move(
        "supplement", _("补充"), _("您补充了"), _at("waiting_citizen"), "in_progress",
        by=_APPLICANT, audience=(Audience.HOLDER_UNIT, Audience.OWN_ACT), icon="plus",
    ),
    Move(
        "resume", _("继续办理"), _("继续办理"), _at("waiting_citizen"), "in_progress",
        right=_R.CASE_HANDLE, icon="right",
    ),
    Move(
        "wait_over", _("等候期满"), _("等候期满，继续办理"), _at("waiting_citizen"), "in_progress",
        by=_SYSTEM, audience=(Audience.HOLDER_UNIT, Audience.APPLICANT), icon="hourglass",
    ),
    Move(
        "ask_extension", _("申请延期"), _("单位申请延期"), _WORKING, "extension_pending",
        right=_R.CASE_EXTEND, audience=(Audience.UNIT_HEAD,), public=False, icon="hourglass",
    ),
    Move(
        "ask_second_extension", _("第二次申请延期"), _("单位第二次申请延期"), _WORKING, "extension_pending",
        right=_R.CASE_EXTEND, audience=(Audience.SUPERVISORS,), public=False, icon="hourglass",
    ),
    Move(
        "grant_extension", _("同意延期"), _("同意延期"), _at("extension_pending"), "in_progress",
        right=_R.CASE_EXTEND_APPROVE, audience=(Audience.HOLDER_UNIT, Audience.APPLICANT), icon="check",
    ),
    Move(
        "grant_second_extension", _("同意第二次延期"), _("督办同意第二次延期"), _at("extension_pending"), "in_progress",
        right=_R.CASE_SUPERVISE, scope=Scope.DISTRICT,
        audience=(Audience.HOLDER_UNIT, Audience.APPLICANT), icon="check",
    ),
    Move(
        "refuse_extension", _("不同意延期"), _("不同意延期，期限不变"), _at("extension_pending"), "in_progress",
        right=_R.CASE_EXTEND_APPROVE, audience=(Audience.HOLDER_UNIT,), public=False, icon="x",
    ),
    Move(
        "refuse_second_extension", _("不同意第二次延期"), _("督办不同意第二次延期"),
        _at("extension_pending"), "in_progress",
        right=_R.CASE_SUPERVISE, scope=Scope.DISTRICT, audience=(Audience.HOLDER_UNIT,), public=False, icon="x",
    ),
    Move(
        "extension_over", _("延期无人批"), _("延期没有及时批，期限不变"), _at("extension_pending"), "in_progress",
        by=_SYSTEM, audience=(Audience.HOLDER_UNIT, Audience.UNIT_HEAD), public=False, icon="alert",
    ),
    Move(
        "submit", _("提交审核"), _("写好答复，提交审核"), _WORKING, "submitted",
        right=_R.CASE_SUBMIT, audience=(Audience.REVIEWERS,), public=False, icon="right",
    ),
    Move(
        "approve", _("审核通过，答复居民"), _("答复"), _at("submitted"), "replied",
        right=_R.CASE_REVIEW, scope=Scope.DISTRICT, audience=(Audience.APPLICANT, Audience.HOLDER), icon="reply",
    ),
    Move(
        "redo", _("退回重办"), _("审核没有通过，重办"), _at("submitted"), "redo",
        right=_R.CASE_REVIEW, scope=Scope.DISTRICT,
        audience=(Audience.HOLDER_UNIT,), public=False, icon="bounce",
    ),
    Move(
        "rate_solved", _("解决了"), _("您说解决了"), _at("replied", "callback"), "closed",
        by=_APPLICANT, audience=(Audience.HOLDER_UNIT, Audience.OWN_ACT), icon="star",
    ),
    Move(
        "rate_unsolved", _("没有解决"), _("您说没有解决，重办"), _at("replied", "callback"), "redo",
        by=_APPLICANT, audience=(Audience.HOLDER_UNIT, Audience.SUPERVISORS, Audience.OWN_ACT), icon="star",
    ),
    Move(
        "survey_over", _("转电话回访"), _("转电话回访"), _at("replied"), "callback",
        by=_SYSTEM, audience=(Audience.CALLBACK,), icon="phone",
    ),
    Move(
        "call_attempt", _("没有打通"), _("回访电话没有打通"), _at("replied", "callback"), STAYS,
        right=_R.CASE_CALLBACK, scope=Scope.DISTRICT, icon="hangup",
    ),
    Move(
        "close", _("回访办结"), _("回访后办结"), _at("replied", "callback"), "closed",
        right=_R.CASE_CALLBACK, scope=Scope.DISTRICT, audience=(Audience.HOLDER_UNIT,), icon="check-circle",
    ),
    Move(
        "close_unreached", _("三次未接通，办结"), _("多次没有打通，办结"), _at("callback"), "closed",
        right=_R.CASE_CALLBACK, scope=Scope.DISTRICT, audience=(Audience.APPLICANT,), icon="hangup",
    ),
    Move(
        "callback_redo", _("没有解决，重办"), _("回访没有解决，重办"), _at("replied", "callback"), "redo",
        right=_R.CASE_CALLBACK, scope=Scope.DISTRICT,
        audience=(Audience.HOLDER_UNIT, Audience.SUPERVISORS), icon="bounce",
    ),
    Move(
        "reopen", _("要求复核"), _("您要求复核"), _at("closed"), "reopened",
        by=_APPLICANT, audience=(Audience.HOLDER_UNIT, Audience.SUPERVISORS, Audience.OWN_ACT), icon="sync",
    ),
    Move(
        "ask_again", _("还有疑问"), _("您对答复还有疑问"), _at("answered"), "to_dispatch",
        by=_APPLICANT, audience=(Audience.DISPATCHERS, Audience.OWN_ACT), icon="sync",
    ),
    Move(
        "cancel", pgettext_lazy("件", "撤销"), _("您撤销了"), _BEFORE_REPLY, "cancelled",
        by=_APPLICANT, audience=(Audience.HOLDER_UNIT, Audience.OWN_ACT), icon="x",
    ),
    Move("add", _("补充情况"), _("您补充了情况"), _OPEN - {"waiting_citizen"}, STAYS,
         by=_APPLICANT, audience=(Audience.HOLDER_UNIT, Audience.OWN_ACT), icon="plus"),
    Move("urge", _("催办"), _("您催了一次"), _BEFORE_REPLY, STAYS,
         by=_APPLICANT, audience=(Audience.HOLDER_UNIT, Audience.SUPERVISORS, Audience.OWN_ACT), icon="bell"),
    Move("remind", _("临期提醒"), _("临期提醒"), _OPEN, STAYS,
         by=_SYSTEM, audience=(Audience.HOLDER_UNIT, Audience.HOLDER), public=False, icon="hourglass"),
    Move("overdue", _("超时"), _("超过了期限"), _OPEN, STAYS,
         by=_SYSTEM, audience=(Audience.HOLDER_UNIT, Audience.UNIT_HEAD), icon="alert"),
    Move("escalate", _("转督办"), _("超时未办，转督办"), _OPEN, STAYS,
         by=_SYSTEM, audience=(Audience.UNIT_HEAD, Audience.SUPERVISORS), icon="shield"),
    Move("recount", _("按放假安排重算"), _("放假安排公布了，期限重新算过"), _OPEN, STAYS,
         by=_SYSTEM, audience=(Audience.HOLDER_UNIT,), icon="calendar"),
    Move("reveal", _("看号码"), _("看了您的联系方式"), _OPEN | _DONE, STAYS,
         right=_R.CASE_READ_UNIT, scope=Scope.DISTRICT, icon="eye"),
    Move("retitle", _("改标题和类别"), _("整理了标题和类别"), _OPEN, STAYS,
         right=_R.CASE_DISPATCH, scope=Scope.DISTRICT, public=False, icon="edit"),
    Move("publish_title", _("公开标题"), _("公开了标题"), _OPEN | _DONE, STAYS,
         right=_R.CASE_PUBLISH, scope=Scope.DISTRICT, public=False, icon="eye"),
    Move("withdraw_title", _("收回公开的标题"), _("收回了公开的标题"), frozenset(s.name for s in STATES), STAYS,
         right=_R.CASE_PUBLISH, scope=Scope.DISTRICT, public=False, icon="lock"),
    Move("assign", _("换经办人"), _("换了经办人"), _OPEN, STAYS,
         right=_R.CASE_ASSIGN, audience=(Audience.HOLDER,), public=False, icon="users"),
    Move("hand_over", _("移交单位"), _("移交给接手的单位"), _OPEN, STAYS,
         right=_R.CASE_HAND_OVER, scope=Scope.DISTRICT, audience=(Audience.HOLDER_UNIT,), icon="transfer"),
    Move("correct", _("更正上一步"), _("更正上一步"), (_OPEN | _DONE) - {"received"}, PREVIOUS,
         right=_R.CASE_CORRECT, scope=Scope.DISTRICT,
         audience=(Audience.HOLDER_UNIT,), public=False, icon="edit"),
    Move("source_closed", _("原系统办结"), _("在原来的系统里办结"), _OPEN, "closed", by=_SYSTEM, icon="check-circle"),
    Move("source_changed", _("原系统更改"), _("原来的系统里改了内容"), frozenset(s.name for s in STATES), STAYS,
         by=_SYSTEM, public=False, icon="edit"),
    Move("source_undone", _("撤回导入"), _("导入有误，恢复原样"), frozenset(s.name for s in STATES), PREVIOUS,
         by=_SYSTEM, icon="bounce"),
    Move("archive", _("归档"), _("归档"), _DONE, "archived", by=_SYSTEM, public=False, icon="doc"),
)  # fmt: skip

_TO_UNIT = _at("dispatch", "backstop")
_DECIDED = _at(
    "grant_extension", "grant_second_extension", "refuse_extension", "refuse_second_extension", "extension_over"
)
_AGAIN = _at("rate_unsolved", "callback_redo", "reopen")
_SETTLED = _at("approve")

CLOCKS = (
    Clock("accept", pgettext_lazy("期限", "受理"), "hotline.accept", starts=_at("register"),
          stops=_at("accept", "dispatch", "answer", "reject"), overdue="overdue"),
    Clock("dispatch", _("派件"), "hotline.dispatch", starts=_at("accept", "return", "ask_again"),
          stops=_at("dispatch", "answer", "reject"), overdue="overdue"),
    Clock("sign", pgettext_lazy("期限", "签收"), "hotline.sign", starts=_TO_UNIT, stops=_at("sign", "return"),
          overdue="overdue"),
    Clock("contact", _("首次联系"), "hotline.contact", starts=_at("sign"),
          stops=_at("contact", "ask_citizen", "return", "submit"), overdue="overdue"),
    Clock("answer", _("答复"), "hotline.answer", starts=_at("dispatch"), stops=_SETTLED, overdue="overdue",
          pauses=_at("ask_citizen"), resumes=_at("supplement", "resume", "wait_over")),
    Clock("wait", _("等居民"), "hotline.wait", starts=_at("ask_citizen"),
          stops=_at("supplement", "resume", "wait_over"), overdue="wait_over"),
    Clock("extension", _("批延期"), "hotline.extension", starts=_at("ask_extension", "ask_second_extension"),
          stops=_DECIDED, overdue="extension_over"),
    Clock("review", _("审核"), "hotline.review", starts=_at("submit"), stops=_at("approve", "redo"), overdue="overdue"),
    Clock("redo", _("重办"), "hotline.redo", starts=_AGAIN, stops=_SETTLED, overdue="overdue",
          pauses=_at("ask_citizen"), resumes=_at("supplement", "resume", "wait_over")),
    Clock("survey", _("网上评价"), "hotline.survey", starts=_SETTLED,
          stops=_at("rate_solved", "rate_unsolved", "close", "callback_redo", "survey_over"), overdue="survey_over"),
    Clock("callback", _("电话回访"), "hotline.callback", starts=_at("survey_over"),
          stops=_at("rate_solved", "rate_unsolved", "close", "close_unreached", "callback_redo"), overdue="overdue"),
)  # fmt: skip

_AUDIENCES = {
    Audience.CALLBACK: _R.CASE_CALLBACK,
    Audience.DISPATCHERS: _R.CASE_DISPATCH,
    Audience.HOLDER_UNIT: _R.CASE_SIGN,
    Audience.REVIEWERS: _R.CASE_REVIEW,
    Audience.SUPERVISORS: _R.CASE_SUPERVISE,
    Audience.UNIT_HEAD: _R.CASE_EXTEND_APPROVE,
}


def _kind(name: str, label: object) -> CaseKind:
    return CaseKind(
        key=f"hotline.{name}",
        label=label,  # type: ignore[arg-type]
        detail="hotline.ServiceRequest",
        opening="register",
        states=STATES,
        moves=MOVES,
        clocks=CLOCKS,
        audiences=_AUDIENCES,
        track="hotline:track",
    )


ENQUIRY = _kind("enquiry", _("咨询"))
COMPLAINT = _kind("complaint", _("投诉"))
SUGGESTION = _kind("suggestion", _("建议"))
HELP = _kind("help", _("求助"))
KINDS = (ENQUIRY, COMPLAINT, SUGGESTION, HELP)
