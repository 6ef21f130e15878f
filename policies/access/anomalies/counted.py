"""IAM-09 and LPR-21: the office's own counting questions."""

from __future__ import annotations

from policies.access.anomalies._context import Context, Found, Rule
from policies.access.rows import Anomaly, Unread


def counts(context: Context) -> Found:
    """Answers over their limit, and questions without an answer. Of each, the row of the catalogue is the model's."""
    for name, asked in sorted(context.model.counts.items()):
        answer = context.state.answers.get(name)
        if answer is None:
            missing = context.missing(f"answers.{name}")
            yield Unread(asked.catalogue, f"the count {name}: {missing or 'not read'}")
        elif answer > asked.at_most:
            yield Anomaly(asked.catalogue, None, None, f"the count {name} is {answer}; at most {asked.at_most}")


RULES = (Rule("IAM-09", counts),)
