"""Arithmetic of codes that name organisations."""

CREDIT_CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_CODE_LENGTH = 18


def is_credit_code(code: str) -> bool:
    """Whether the 18 signs form a unified social credit code with a right check sign.

    Source: GB 32100-2015, 5 and annex: weights are powers of 3 modulo 31, the check sign is 31 minus the sum.
    """
    if len(code) != CREDIT_CODE_LENGTH or any(sign not in CREDIT_CODE_SIGNS for sign in code):
        return False
    base = len(CREDIT_CODE_SIGNS)
    total = sum(CREDIT_CODE_SIGNS.index(sign) * pow(3, place, base) for place, sign in enumerate(code[:-1]))
    return CREDIT_CODE_SIGNS[-total % base] == code[-1]
