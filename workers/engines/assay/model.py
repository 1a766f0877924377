"""lm-eval's `hf` with a faster way to log-likelihoods, wherever that way gives the same answers."""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

import torch
from lm_eval import utils
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

from workers.engines.assay import VERSION
from workers.engines.assay.check import Given, Request, check
from workers.engines.assay.compute import LOGIT_BYTES, Policy, Question, compute

_log = logging.getLogger(__name__)


class AssayLM(HFLM):  # type: ignore[misc]
    """Takes the arguments of `hf`, and one more.

    A few requests are computed both ways when the model is loaded. If the answers differ, or the
    model can't be computed our way, everything is computed stock's way.

    Attributes:
        engine_record: what produced the answers, as plain data (docs/engine.md).
    """

    def __init__(self, *args: Any, tokens_per_pass: int = 1024, **kwargs: Any) -> None:
        """Load the model and compare both ways.

        Args:
            args: of `hf`.
            tokens_per_pass: how many positions go through the model at once.
            kwargs: of `hf`.

        Raises:
            ValueError: if `tokens_per_pass` is not positive.
        """
        if int(tokens_per_pass) < 1:
            raise ValueError(f"tokens_per_pass is {tokens_per_pass}; it must be at least 1.")
        super().__init__(*args, **kwargs)
        width = getattr(self.config.get_text_config(), "vocab_size", None) or self.vocab_size
        self._policy = Policy(int(tokens_per_pass), rows=max(1, LOGIT_BYTES // (4 * width)))
        self.engine_record: dict[str, Any] = {}
        self._start_record()
        checked = check(self, self._policy, self._stock, self._ours)
        self._start_record()
        self._usable, self._longest = not checked.fallback, checked.longest
        self.engine_record |= {
            "fallback": checked.fallback,
            "largest_difference": checked.difference,
            "decisions_flipped": checked.flips,
            "longest": checked.longest,
        }
        if checked.fallback:
            _log.warning("This model is computed stock's way: %s.", checked.fallback)

    def _start_record(self) -> None:
        self.engine_record = {
            "name": "assay",
            "version": VERSION,
            "tokens_per_pass": self._policy.tokens,
            "logits_per_pass": self._policy.rows,
            "positions_computed": 0,
            "positions_stock": 0,
            "passes": 0,
            "requests_left_to_stock": 0,
        }

    def loglikelihood_rolling(
        self, requests: list[Instance], disable_tqdm: bool = False
    ) -> list[float]:
        """Return the log-likelihood of each text, windows and sums as stock has them."""
        if not self._usable:
            rolled: list[float] = super().loglikelihood_rolling(requests, disable_tqdm)
            return rolled
        windows = [self._rolling_windows(*request.args) for request in requests]
        asked: list[Request] = [(None, *window) for each in windows for window in each]
        given = iter(self._loglikelihood_tokens(asked, disable_tqdm=disable_tqdm))
        totals = []
        for request, each in zip(requests, windows, strict=True):
            total = sum(next(given)[0] for _ in each)
            self.cache_hook.add_partial("loglikelihood_rolling", request.args, total)
            totals.append(total)
        return totals

    def _rolling_windows(self, text: str) -> list[tuple[list[int], list[int]]]:
        rolling = utils.get_rolling_token_windows(
            token_list=self.tok_encode(text),
            prefix_token=self.prefix_token_id,
            max_seq_len=self.max_length,
            context_len=1,
        )
        return [utils.make_disjoint_window(window) for window in rolling]

    def _loglikelihood_tokens(
        self,
        requests: Sequence[Request],
        disable_tqdm: bool = False,
        override_bs: int | None = None,
    ) -> Given:
        self.engine_record["positions_stock"] += self._stock_positions(requests)
        ours = [at for at, request in enumerate(requests) if self._is_ours(request)]
        left = sorted(set(range(len(requests))) - set(ours))
        self.engine_record["requests_left_to_stock"] += len(left)
        given: Given = [(0.0, False)] * len(requests)
        chosen = [requests[at] for at in ours]
        for at, answer in zip(ours, self._ours(chosen, self._policy), strict=True):
            given[at] = answer
            if (strings := requests[at][0]) is not None:
                # Stock's own cache of answers, where somebody has asked for one.
                self.cache_hook.add_partial("loglikelihood", strings, answer)
        if left:
            rest = [requests[at] for at in left]
            answers = super()._loglikelihood_tokens(rest, disable_tqdm, override_bs)
            for at, answer in zip(left, answers, strict=True):
                given[at] = answer
        return given

    def _is_ours(self, request: Request) -> bool:
        _, context, continuation = request
        # What stock refuses, it refuses in its own words.
        sound = bool(context) and 0 < len(continuation) <= self.max_length
        size = min(len(context) + len(continuation) - 1, self.max_length)
        return self._usable and sound and (self._longest is None or size <= self._longest)

    def _stock_positions(self, requests: Sequence[Request]) -> int:
        """Return how many positions stock computes at batch size 1."""
        read = [(*context, *continuation[:-1]) for _, context, continuation in requests]
        return sum(
            min(len(tokens), self.max_length)
            for tokens in (set(read) if self.logits_cache else read)
        )

    def _ours(self, requests: Sequence[Request], policy: Policy) -> Given:
        questions = [
            # Cut from the left where it is too long, as stock does.
            Question((context + continuation)[-(self.max_length + 1) : -1], continuation)
            for _, context, continuation in requests
        ]
        found = compute(
            self.model,
            questions,
            policy,
            softmax_dtype=self.softmax_dtype,
            around=self._autocast,
        )
        self.engine_record["positions_computed"] += found.positions
        self.engine_record["passes"] += found.passes
        return found.answers

    def _autocast(self) -> AbstractContextManager[object]:
        kind = self.mixed_precision_dtype
        return torch.autocast(self.device.type, dtype=kind, enabled=kind is not None)

    def _stock(self, requests: Sequence[Request]) -> Given:
        with patch.object(self, "batch_size_per_gpu", 1):
            answers: Given = super()._loglikelihood_tokens(list(requests), disable_tqdm=True)
        return answers
