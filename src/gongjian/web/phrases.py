"""The words that the browser's modules say. They arrive as one JSON element, so that no module carries a language."""

from django.utils.translation import gettext


def phrases() -> dict[str, str]:
    """Return phrase name -> text in the reader's language; {n} and the like are filled in by the module."""
    return {
        "close": gettext("关闭"),
        "keys": gettext("本页按键"),
        "keys_none": gettext("本页没有按键。"),
        "keys_off": gettext("单字母按键已关闭，可在用户菜单里打开。"),
        "saving": gettext("正在保存"),
        "saved": gettext("已自动保存 {time}"),
        "kept": gettext("连不上服务器，先记在本机，恢复后自动提交。"),
        "draft": gettext("草稿已存在本机 {time}"),
        "draft_found": gettext("本机有一份没写完的草稿（{time}）。"),
        "draft_take": gettext("接着写"),
        "draft_drop": gettext("不要了"),
        "offline": gettext("没有信号。已存在手机里，联网后自动发送。"),
        "photos": gettext("已选 {n} 张（最多 {max} 张）。"),
        "photos_full": gettext("最多 {max} 张，多出的没有加进来。"),
        "photo_smaller": gettext("这张太大，已自动缩小到 {size}。原图还在您手机里。"),
        "photo_remove": gettext("删去第 {n} 张"),
        "photo_name": gettext("第 {n} 张照片"),
        "photo_unread": gettext("有 1 个文件不是照片，没有加进来。"),
        "speak": gettext("读给我听"),
        "speak_stop": gettext("不读了"),
        "results": gettext("有 {n} 条建议，用上下键选择"),
        "results_none": gettext("没有找到"),
        "map_at": gettext("标记在 {lat}，{lon}"),
        "map_zoom_in": gettext("放大"),
        "map_zoom_out": gettext("缩小"),
        "map_no_place": gettext("没有取到位置。在图上点一下，或写下地址。"),
        "map_here": gettext("标记已移到您现在的位置。"),
        "session": gettext("您的登录还有 {n} 分钟到期，写的内容请先保存。"),
        "session_stay": gettext("继续登录"),
        "session_over": gettext("登录已到期。写的内容还在本页，请在新窗口登录后再提交。"),
        "session_title": gettext("登录快到期了"),
        "retry": gettext("重试"),
        "failed": gettext("没有取到，您写的内容都在。"),
        "undo": gettext("撤销"),
        "selected": gettext("已选 {n} 件"),
        "show": gettext("显示"),
        "hide": gettext("隐藏"),
        **_pocket(),
    }


def _pocket() -> dict[str, str]:
    """Return what is said about the things a phone keeps and sends."""
    return {
        "update_ready": gettext("新版本已就绪。写的内容不会丢。"),
        "update_now": gettext("现在更新"),
        "sync_on": gettext("有信号"),
        "sync_off": gettext("没有信号，照常写"),
        "unsent": gettext("{n} 条存在手机里，联网后自动发送"),
        "unsent_none": gettext("都发出去了"),
        "unsent_see": gettext("看看"),
        "pocket_none": gettext(
            "这个浏览器不让存东西，可能是无痕模式，也可能关了存储。写完请别关这一页，有信号时再发，或打电话说。"
        ),
        "pocket_full": gettext("手机存储满了，这一条没有存下。删掉几张照片，或腾出空间再试；文字还在这一页。"),
        "outbox_empty": gettext("这台手机里没有要发的，也没有发过的。"),
        "outbox_others": gettext("登录后写的还有 {n} 条，要同一个人登录才会发，也才看得到。"),
        "outbox_written": gettext("{time} 写下"),
        "outbox_photos": gettext("{n} 张照片"),
        "outbox_waits": gettext("已存在手机里，联网后自动发送。关掉这一页也不会丢。"),
        "outbox_waiting": gettext("待发送"),
        "outbox_sent": gettext("发出去了"),
        "outbox_refused": gettext("要您补"),
        "outbox_conflict": gettext("要您选"),
        "outbox_open": gettext("看进度"),
        "outbox_done": gettext("记下了，从手机里删去"),
        "outbox_again": gettext("改好了，再发"),
        "outbox_drop": gettext("不发了，删去"),
        "outbox_drop_sure": gettext("再按一次就删，不能恢复"),
        "outbox_keep": gettext("不选也行：您写的会一直留在这里。"),
        "outbox_unread": gettext("没有收下，但没有说原因。可以再发一次，或打电话说。"),
    }
