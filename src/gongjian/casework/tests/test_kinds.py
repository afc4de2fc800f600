from dataclasses import replace

import pytest

from gongjian.casework.kinds import Audience, KindError, Move, Stage, State, register
from gongjian.casework.tests.toys import ERRAND, ToyRight


def test_a_sound_table_is_taken():
    register(ERRAND)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"opening": "nothing"}, "opening move nothing"),
        ({"states": (*ERRAND.states, State("island", "岛", "岛", Stage.SENT))}, "island is never reached"),
        (
            {"moves": (*ERRAND.moves, Move("fly", "飞", "飞", frozenset({"asked"}), "moon", right=ToyRight.DO))},
            "names state moon",
        ),
        ({"moves": (*ERRAND.moves, Move("idle", "闲", "闲", frozenset({"asked"}), "done"))}, "needs no right"),
        (
            {
                "moves": (
                    *ERRAND.moves,
                    Move(
                        "call",
                        "叫",
                        "叫",
                        frozenset({"asked"}),
                        "done",
                        right=ToyRight.DO,
                        audience=(Audience.SUPERVISORS,),
                    ),
                )
            },
            "which no right marks",
        ),
        ({"clocks": (replace(ERRAND.clocks[0], overdue="nothing"),)}, "names move nothing"),
        ({"clocks": (replace(ERRAND.clocks[0], stops=frozenset()),)}, "never stops"),
    ],
)
def test_a_contradiction_is_named_when_the_program_starts(change, words):
    with pytest.raises(KindError, match=words):
        register(replace(ERRAND, **change))


def test_an_open_state_without_a_way_out_is_named():
    stuck = State("stuck", "卡", "卡", Stage.HANDLING)
    into = Move("jam", "卡住", "卡住", frozenset({"asked"}), "stuck", right=ToyRight.DO)
    with pytest.raises(KindError, match="stuck has no way to an end"):
        register(replace(ERRAND, states=(*ERRAND.states, stuck), moves=(*ERRAND.moves, into)))
