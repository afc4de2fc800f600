import tomllib
from pathlib import Path

import pytest

from gongjian.identity.actions.reference import load_reference
from gongjian.identity.models import KnownRight, Role, RoleRight, Unit
from gongjian.identity.queries import roles, units
from gongjian.identity.reference import forget
from gongjian.identity.tests.people import AT
from gongjian.places.models import Subdistrict

DATA = Path(__file__).parents[1] / "data"
PLAN = (
    "区民政局 区社工委 盐田街道办 盐田公安分局 沙头角街道办 海山街道办 梅沙街道办 区信访局 区经促局 区法制办 区总工会 团区委 区妇联 "
    "区财政局 区委政法委 盐田交警大队 区委组织部 区文体局 区教育局 区卫人局 东部交通运输局"
)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered():
    forget()


def test_every_unit_of_the_plan_is_there_with_one_backstop():
    load_reference(at=AT)
    known = {unit.short_zh for unit in units()}
    assert set(PLAN.split()) <= known
    assert units().backstop.code == "qfb"
    assert units().by_code["zx12349"].parent_id == units().by_code["mzj"].id
    assert len(units()) == Unit.objects.count() == 45


def test_loading_again_leaves_what_administrators_changed():
    load_reference(at=AT)
    role = Role.objects.get(code="handler")
    RoleRight.objects.create(role=role, right="casework:everything:do")
    RoleRight.objects.filter(right="hotline:case:callback").delete()
    Unit.objects.filter(code="mzj").update(name_zh="改过", backstop=False)
    before = set(RoleRight.objects.values_list("role__code", "right"))
    ids = set(Unit.objects.values_list("id", flat=True))
    load_reference(at=AT)
    assert set(RoleRight.objects.values_list("role__code", "right")) == before
    assert set(Unit.objects.values_list("id", flat=True)) == ids
    assert units().by_code["mzj"].name_zh == "改过"
    assert "casework:everything:do" in roles()[role.pk].rights


def test_loading_adds_what_is_missing_and_gives_a_new_right_once():
    load_reference(at=AT)
    Unit.objects.filter(code="fl").delete()
    KnownRight.objects.filter(right="identity:units:manage").delete()
    RoleRight.objects.filter(right="identity:units:manage").delete()
    load_reference(at=AT)
    assert RoleRight.objects.filter(role__code="administrator", right="identity:units:manage").exists()
    assert len(units()) == 45


def test_rules_that_name_a_merged_unit_lead_to_its_heir():
    load_reference(at=AT)
    first, second, third = (Unit.objects.get(code=code) for code in ("mzj", "sgw", "zzb"))
    Unit.objects.filter(pk=first.pk).update(active=False, successor=second)
    Unit.objects.filter(pk=second.pk).update(active=False, successor=third)
    forget()
    assert units().heir(first.pk).code == "zzb"
    assert units().heir(third.pk).code == "zzb"
    assert units().heir(None) is None
    Unit.objects.filter(pk=third.pk).update(active=False)
    forget()
    assert units().heir(first.pk) is None


def test_subdistrict_offices_stand_on_their_ground():
    for code in ("440308001", "440308002", "440308003", "440308004"):
        Subdistrict.objects.get_or_create(code=code, defaults={"name_zh": code, "name_en": code})
    load_reference(at=AT)
    offices = {unit.code: unit.subdistrict_id for unit in units() if unit.kind == "subdistrict"}
    assert len(set(offices.values())) == 4
    assert None not in offices.values()


def test_the_files_are_in_order():
    unit_rows = tomllib.loads((DATA / "units.toml").read_text())["unit"]
    role_rows = tomllib.loads((DATA / "roles.toml").read_text())["role"]
    codes = [row["code"] for row in unit_rows]
    assert len(codes) == len(set(codes))
    assert all(row.get("parent", "mzj") in codes for row in unit_rows)
    assert all(row["rights"] == sorted(set(row["rights"])) for row in role_rows)
    assert all(row["kind"] in Unit.Kind.values for row in unit_rows)


def test_memory_is_read_once(django_assert_num_queries):
    load_reference(at=AT)
    units()
    with django_assert_num_queries(0):
        units()
        roles()
    forget()
    with django_assert_num_queries(6):
        units()
