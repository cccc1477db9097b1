"""The words that generated problems are made of: people, things and their categories.

The tokenizer of the tabletop bases gives each of them one token, so a new word here means new
bases (`make bases`).
"""

_PEOPLE = "Ann Ben Cleo Dan Eva Finn Gus Hal Ida Jon Kit Lea"

PEOPLE = tuple(_PEOPLE.split())

CATEGORIES: dict[str, tuple[str, ...]] = {
    name: tuple(members.split())
    for name, members in {
        "fruit": "apple pear plum grape lemon mango",
        "tool": "hammer saw drill chisel wrench spade",
        "mammal": "horse goat wolf otter camel mouse",
        "colour": "red blue green brown white pink",
        "metal": "iron gold copper zinc tin silver",
        "tree": "oak elm birch maple cedar willow",
    }.items()
}

# Things that read well without an article: "Ann picks iron", "Ben picks red".
THINGS = (*CATEGORIES["colour"], *CATEGORIES["metal"])

CATEGORY_OF = {word: name for name, members in CATEGORIES.items() for word in members}

CONTENT_WORDS = (*PEOPLE, *CATEGORIES, *CATEGORY_OF)
