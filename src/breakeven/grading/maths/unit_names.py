"""Names of units, currencies and scales, and what each may mean."""

from fractions import Fraction

_PREFIXES = {
    "k": "kilo", "m": "milli", "c": "centi", "d": "deci", "μ": "micro", "\\mu": "micro",
    "n": "nano", "M": "mega", "G": "giga",
}  # fmt: skip
_PREFIXED = {
    "m": "meter", "g": "gram", "L": "liter", "l": "liter", "s": "second", "N": "newton",
    "J": "joule", "W": "watt", "V": "volt", "A": "ampere", "Hz": "hertz", "Pa": "pascal",
    "mol": "mole", "cal": "calorie", "eV": "electronvolt", "B": "byte", "Wh": "watthour",
    "C": "coulomb", "F": "farad", "T": "tesla", "Ω": "ohm", "\\Omega": "ohm",
}  # fmt: skip
# Other names, those of one unit between two bars; the first word is the unit.
_SHORT = """
inch in|foot ft|yard yd|mile mi|acre ac|hectare ha|ounce oz|minute min mins|hour h hr hrs
second s sec secs|day|week wk wks|month mo|year yr yrs|kelvin K|pound lb lbs|gallon gal|quart qt
pint pt|ton|tonne t|radian rad rads|usd USD dollar buck|eur EUR euro|gbp GBP quid
inr INR rupee Rs|jpy JPY yen|cny CNY yuan RMB|cent ¢ cts|pence penny|degC celsius
degF fahrenheit|atmosphere atm|bar|liter litre|meter metre|gram gramme|decibel dB|bit
steradian sr|knot|lightyear ly|au AU|dalton Da amu|molar M
millimolar mM|micromolar μM|tablespoon tbsp|teaspoon tsp|cup
century|decade|fortnight|percentage_point pp|revolution rev|point pts|unit u|mile_per_hour mph
kilometer_per_hour kph kmph|rpm|cubic_centimeter cc|millimeter|pixel px|ordinal st nd rd th
"""
_IRREGULAR = {
    "feet": "foot", "inches": "inch", "centuries": "century", "pennies": "penny", "hertz": "hertz",
    "celsius": "degC", "fahrenheit": "degF", "yen": "jpy", "yuan": "cny",
}  # fmt: skip
# Put over what the other tables say of these names.
_AMBIGUOUS = {
    "pound": ("pound", "gbp"), "degree": ("degree", "degC", "degF"), "C": ("coulomb", "degC"),
    "point": ("point",), "F": ("farad", "degF"), "minute": ("minute", "arcminute"),
    "cent": ("cent",),
}  # fmt: skip
_NEWTON = (("kilogram", 1), ("meter", 1), ("second", -2))
_JOULE = (("kilogram", 1), ("meter", 2), ("second", -2))
DERIVED: dict[str, tuple[tuple[str, int], ...]] = {
    "mile_per_hour": (("mile", 1), ("hour", -1)),
    "kilometer_per_hour": (("kilometer", 1), ("hour", -1)),
    "cubic_centimeter": (("centimeter", 3),),
    "molar": (("mole", 1), ("liter", -1)),
    "newton": _NEWTON,
    "joule": _JOULE,
    "watt": (*_JOULE[:2], ("second", -3)),
    "pascal": (("kilogram", 1), ("meter", -1), ("second", -2)),
    "hertz": (("second", -1),),
    "watthour": (("watt", 1), ("hour", 1)),
    "kilowatthour": (("kilowatt", 1), ("hour", 1)),
    "megawatthour": (("megawatt", 1), ("hour", 1)),
}
CURRENCIES = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "₹": "inr", "¢": "cent"}
_SIGNS = {"°C": "degC", "°F": "degF", "°K": "kelvin", "°": "degree", **CURRENCIES}
SCALES: dict[str, Fraction] = {
    name: Fraction(factor)
    for names, factor in (
        ("hundred hundreds", 100),
        ("thousand thousands k K", 1000),
        ("million millions mn mil", 10**6),
        ("billion billions bn", 10**9),
        ("trillion trillions tn", 10**12),
        ("dozen dozens", 12),
        ("score", 20),
        ("gross", 144),
        ("lakh lakhs", 10**5),
        ("crore crores", 10**7),
    )
    for name in names.split()
}
# Words after a number that change its value or say that it is none: no nouns of things counted.
_NO_NOUNS = """
and or nor if when for all any some none no not is are was were be the less more than fewer
least most over under per times plus minus by divided squared cubed square cubic root roots
power factorial mod modulo remainder base half halves third thirds quarter quarters fourth
fourths fifth fifths sixth sixths seventh sevenths eighth eighths ninth ninths tenth tenths
hundredth hundredths thousandth thousandths ten tens one ones two three four five six seven
eight nine zero double triple twice pair pairs couple percent to between about approximately pi
infinity sin cos tan log exp sqrt max min gcd lcm mol negative positive where with without each
except but only hundred thousand million billion dozen out from
"""
NO_NOUN = frozenset(_NO_NOUNS.split())


def _meanings_by_name() -> dict[str, tuple[str, ...]]:
    """All names of single units, and what each may mean."""
    names: dict[str, tuple[str, ...]] = {}
    for short, unit in _PREFIXED.items():
        names[short] = names[unit] = names[unit + "s"] = (unit,)
        for prefix, word in _PREFIXES.items():
            names[prefix + short] = (word + unit,)
            for spelt in (unit, unit.replace("ter", "tre")):  # meter and metre
                names[word + spelt] = names[word + spelt + "s"] = (word + unit,)
    for group in _SHORT.strip().replace("\n", "|").split("|"):
        # Short forms have no plural of their own; those in use, as hrs, stand in the table.
        for spelt in (of_one := group.split()):
            names[spelt] = names[spelt + "s" if len(spelt) > 2 else spelt] = (of_one[0],)
    for short in ("kg", "km", "cm", "mm", "ml", "mL"):
        names[short + "s"] = names[short]
    names |= {spelt: (unit,) for spelt, unit in (_IRREGULAR | _SIGNS).items()}
    for spelt, meanings in _AMBIGUOUS.items():
        names[spelt] = names[spelt + "s" if len(spelt) > 1 else spelt] = meanings
    return names


MEANINGS = _meanings_by_name()
