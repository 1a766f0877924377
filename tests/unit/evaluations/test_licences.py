import pytest

from evaluations.licences import may_redistribute


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("apache-2.0", True), ("mit", True), ("bsd-3-clause", True), ("cc-by-sa-4.0", True),
        ("cc-by-nc-4.0", False), ("openrail", False), ("llama3", False), ("", False),
    ],
)  # fmt: skip
def test_licence_decides_whether_a_model_is_handed_on(licence, may):
    assert may_redistribute(licence) is may
