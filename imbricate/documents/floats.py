"""Floats as Go spells them: `strconv.FormatFloat(f, 'g', -1, 64)` in YAML, encoding/json's form in JSON."""

from __future__ import annotations

import math
import struct


def float_text(value: float) -> str:
    """Spell a float for YAML: the fewest digits that read back the same, an exponent below 1e-4 and from 1e6 on."""
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    sign, digits, exponent = _decimal(value)
    return sign + (_positional(digits, exponent) if -4 <= exponent < 6 else _exponential(digits, exponent, 2))


def single_precision_text(value: float) -> str:
    """Spell a float as `float_text` does, with the digits that a 32 bit float needs."""
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return float_text(math.copysign(math.inf, value))
    for digits in range(1, 9):
        short = float(f"{single:.{digits}g}")
        if struct.pack("f", short) == struct.pack("f", single):
            return float_text(short)
    return float_text(float(f"{single:.9g}"))


def json_float_text(value: float) -> str:
    """Spell a finite float for JSON: an exponent below 1e-6 and from 1e21 on."""
    sign, digits, exponent = _decimal(value)
    return sign + (_positional(digits, exponent) if -6 <= exponent < 21 else _exponential(digits, exponent, 1))


def _decimal(value: float) -> tuple[str, str, int]:
    """Give sign, digits without zeros at either end, and the power of ten of the first digit."""
    mantissa, _, power = repr(value).partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return sign, "0", 0
    leading_zeros = len(whole) + len(fraction) - len(digits)
    return sign, digits.rstrip("0"), int(power or 0) + len(whole) - 1 - leading_zeros


def _positional(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole


def _exponential(digits: str, exponent: int, width: int) -> str:
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):0{width}d}"
