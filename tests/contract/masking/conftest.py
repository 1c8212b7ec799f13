from collections.abc import Callable

import pytest

from contract.masking.masker import Masker, compile_masker
from contract.masking.rules import MaskRule

MakeMasker = Callable[..., Masker]


@pytest.fixture(scope="session")
def make_masker() -> MakeMasker:
    def make(*rules: MaskRule, subject: str = "app_ada") -> Masker:
        return compile_masker(rules, hash_key=b"k" * 32, hash_key_id="k1", subject=subject)

    return make
