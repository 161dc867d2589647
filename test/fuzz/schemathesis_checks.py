"""A check for Schemathesis: a request that the API's document allows is refused only for what no document can say.

It stands for positive_data_acceptance, which takes every refusal for a fault. `schemathesis.e2e.test.ts` uses it.
"""

import re
from urllib.parse import urlencode

import schemathesis

# What depends on who asks, on what is stored, or on the model.
CODES = {
    "unauthorized",
    "forbidden",
    "deleted-user",
    "ended-gathering",
    "full-gathering",
    "not-found",
    "unknown-gathering",
    "unknown-movie",
    "unknown-profile",
    "unknown-user",
    "too-large",
}
# Of bad-parameter and bad-body: relations between parameters of a query, and names that the model gives.
WORDS = (
    "expected the id of a user",  # a token acts for any user
    "expected one of the two",  # by beside blend
    "expected at most yearTo",
    "expected at most maxRatings",
    "enre: got",  # the genres are those of the data set
    "by: got",  # by=next is not for profiles
    "name: got",  # of letters that nobody sees
    "of a film that is not known yet",  # a film that is known keeps its title
)
# An integer is written in one way, though 1.0 is one to JSON.
INTEGER = re.compile(r'got "-?\d+\.0"')


# Bytes of an address: beyond some 16 KB what stands in front of the Worker answers, in its own words.
LONGEST = 4000


@schemathesis.hook
def filter_query(ctx, query):
    return len(urlencode(query or {}, doseq=True)) < LONGEST


@schemathesis.check
def refused_for_a_reason(ctx, response, case):
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or not 400 <= response.status_code < 500:
        return None
    problem = response.json()
    if problem["code"] in CODES or case.operation.path == "/import":
        return None
    has_reason = any(words in problem["detail"] for words in WORDS) or INTEGER.search(problem["detail"])
    assert has_reason, f"Valid data was refused: {problem['detail']}"
    return None
