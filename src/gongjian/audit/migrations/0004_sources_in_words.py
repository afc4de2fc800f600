"""A source says in words that an amount is the system's own; "参数" said nothing to whoever read it."""

from typing import Any

from django.db import migrations

SAID = {
    "参数": "本系统默认值，可改",
    "参数；个人信息保护法 第十九条": "个人信息保护法 第十九条：只保存必要的最短时间；多长是本系统默认值，可改",
    "参数；机关文件材料归档范围和文书档案保管期限规定：一般10年以内": "机关文件材料归档范围和文书档案保管期限规定：一般10年以内；多长是本系统默认值，可改",
    "参数；期限写在导出程序里": "本系统默认值，写在导出程序里",
    "参数；期限写在导入程序里": "本系统默认值，写在导入程序里",
    "北京市接诉即办工作条例；参数": "参照北京市接诉即办工作条例；多长是本系统默认值，可改",
}


def _said(apps: Any, _editor: Any) -> None:
    for old, new in SAID.items():
        apps.get_model("audit", "RetentionClass").objects.filter(source=old).update(source=new)


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_versions")]
    operations = [migrations.RunPython(_said, migrations.RunPython.noop)]
