"""Words of the compiled loop's record of state: what it keeps from one call to the next."""

(
    S_ORDER, S_NOW, S_TAKEN, S_SEQ, S_IN_INSTANT, S_BUDGET, S_LIMIT, S_UNTIL, S_IN_CURSOR, S_IN_END, S_HEAD, S_COUNT,
    S_SETTLED, S_LATER, S_LOG, S_RECORD, S_IDS, S_INPUTS, S_SEED, S_KEY, S_FULL, S_ERROR, S_RETURNED,
    S_KIND, S_PORT, S_SLOT, S_SOURCE, S_CODE, S_ROOT, S_STOP, S_REACH, S_ANNIHILATED,
) = range(32)  # fmt: skip
STATE_WORDS = 32
