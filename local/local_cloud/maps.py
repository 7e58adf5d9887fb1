"""Map states of moto's interpreter: in order, with JSONL manifests, and as strict as AWS."""

from __future__ import annotations

import json
from typing import Any

from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map import max_concurrency
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader import (
    item_reader_decl,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval.resource_output_transformer.transformer import (  # noqa: E501
    ResourceOutputTransformer,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.reader_config import (
    input_type,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    distributed_iteration_component,
    iteration_worker,
)

from local_cloud.failures import ErrorType, failure
from local_cloud.patching import PatchSet

_JSONL = "JSONL"


def install(patches: PatchSet) -> None:
    """Make every exchange; `patches.undo()` takes them back."""
    _run_items_in_order(patches)
    _hold_tolerated_failures(patches)
    _read_json_lines(patches)


def _run_items_in_order(patches: PatchSet) -> None:
    """One worker for each Map, so that items run in order, one after another."""
    evaluate = max_concurrency.MaxConcurrencyDecl._eval_body

    def one_at_a_time(decl: Any, env: Any) -> None:
        evaluate(decl, env)
        env.stack[-1] = 1

    patches.replace(max_concurrency.MaxConcurrencyDecl, "_eval_body", one_at_a_time)

    def work_through(worker: Any) -> None:
        # moto calls itself for each item: a thousand batches would overflow the stack.
        job = worker._job_pool.next_job()
        while job is not None:
            frame = worker._env.open_inner_frame()
            worker._eval_job(env=frame, job=job)
            worker._env.delete_frame(frame)
            is_last = isinstance(job.job_output, Exception) or worker.stopped()
            following = None if is_last else worker._job_pool.next_job()
            worker._job_pool.close_job(job)
            job = following

    patches.replace(iteration_worker.IterationWorker, "eval", work_through)


def _hold_tolerated_failures(patches: PatchSet) -> None:
    """A distributed Map fails when more children fail than it tolerates; moto's never does."""
    component = distributed_iteration_component.DistributedIterationComponent
    run = component._map_run

    def run_and_check(self: Any, env: Any, eval_input: Any) -> None:
        run(self, env, eval_input)
        counts = eval_input.map_run_record.item_counter
        failed = counts.failed.get() + counts.timed_out.get()
        share = 100 * failed / max(counts.total.get(), 1)
        # A threshold that is not given is zero here, and does not count if the other is given.
        limits = [
            actual > limit
            for actual, limit in (
                (failed, eval_input.tolerated_failure_count),
                (share, eval_input.tolerated_failure_percentage),
            )
            if limit
        ]
        if any(limits) or (not limits and failed):
            raise failure(
                env,
                ErrorType.StatesExceedToleratedFailureThreshold,
                "The specified tolerated failure threshold was exceeded",
            )

    patches.replace(component, "_map_run", run_and_check)


def _read_json_lines(patches: PatchSet) -> None:
    """InputType JSONL, which moto does not know; and AWS's error when a manifest is unreadable."""
    make_type = input_type.InputType.__init__
    reader_module: Any = item_reader_decl
    make_transformer = reader_module.resource_output_transformer_for
    read = item_reader_decl.ItemReader._eval_body

    def of_type(self: Any, input_type: str) -> None:
        if input_type == _JSONL:
            self.input_type_value = _JSONL
        else:
            make_type(self, input_type)

    def transformer_for(input_type: Any) -> Any:
        if input_type.input_type_value == _JSONL:
            return _JsonLines()
        return make_transformer(input_type)

    def read_or_fail(reader: Any, env: Any) -> None:
        try:
            read(reader, env)
        except FailureEventException:
            raise
        except Exception as error:
            # Whatever went wrong, AWS has one name for it.
            raise failure(env, ErrorType.StatesItemReaderFailed, str(error)) from error

    patches.replace(input_type.InputType, "__init__", of_type)
    patches.replace(item_reader_decl, "resource_output_transformer_for", transformer_for)
    patches.replace(item_reader_decl.ItemReader, "_eval_body", read_or_fail)


class _JsonLines(ResourceOutputTransformer):
    """One item per line of the object."""

    def _eval_body(self, env: Any) -> None:
        reader_config = env.stack.pop()
        text: str = env.stack.pop()
        items = [json.loads(line) for line in text.splitlines() if line.strip()]
        env.stack.append(items[: reader_config["MaxItemsValue"]])
