"""Decides, for each resource that the program registers, what has to happen to it, and has it done.

Registrations arrive on threads of their own, so independent resources come about at the same time; what concerns more
than one resource happens under the ledger's lock.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from sandbox.engine.errors import DeploymentError
from sandbox.engine.paths import restore
from sandbox.engine.provider import Diff, InitializationError
from sandbox.engine.state import STACK_TYPE, Resource, make_urn, now
from sandbox.engine.steps import Event, Step
from sandbox.engine.values import UNKNOWN, Properties, Secret, mark_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from sandbox.engine.ledger import Ledger
    from sandbox.engine.provider import Provider
    from sandbox.engine.registry import Registry


class AbortedError(Exception):
    """The deployment has failed; nothing new is begun."""


class Deployment:
    """One run over one stack's state. What went wrong is in `errors`, what was done in `steps`."""

    def __init__(
        self,
        project: str,
        stack: str,
        ledger: Ledger,
        registry: Registry,
        on_event: Callable[[Event], None],
        *,
        preview: bool,
    ) -> None:
        self.project, self.stack, self.preview = project, stack, preview
        self._ledger, self._registry, self._on_event = ledger, registry, on_event
        self._registered: dict[str, Resource] = {}
        self._deletions: dict[str, Future[None]] = {}
        self._settled: set[str] = set()
        self._stack_outputs: Properties = {}
        self.steps: list[Step] = []
        self.errors: list[str] = []

    def fail(self, message: str) -> None:
        """Note an error: what is under way is finished, nothing new is begun."""
        self.errors.append(message)

    def urn(self, parent: str, type_: str, name: str) -> str:
        """The URN of a resource of this stack."""
        return make_urn(self.stack, self.project, parent, type_, name)

    def register(
        self, new: Resource, *, former_urns: Iterable[str] = (), delete_before_replace: bool | None = None
    ) -> Resource:
        """Bring about what the program wants, and fill in what only that tells: checked inputs, id, outputs.

        Raises AbortedError if the deployment fails, here or elsewhere.
        """
        try:
            self._claim(new, former_urns)
            self._bring_about(new, delete_before_replace)
        except DeploymentError as error:
            self.fail(f"{new.type} `{new.name}`: {error}")
            raise AbortedError from error
        return new

    def _claim(self, new: Resource, former_urns: Iterable[str]) -> None:
        with self._ledger.lock:
            if self.errors:
                raise AbortedError
            if new.urn in self._registered:
                raise DeploymentError("two resources of one type and parent have this name; give one of them another.")
            former = next(filter(self._ledger.old, former_urns), None)
            if former and not self._ledger.old(new.urn):
                raise DeploymentError(
                    f"it was {former}; the sandbox's engine does not follow aliases, the pulumi CLI does."
                )
            self._registered[new.urn] = new

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Set a component's outputs; the stack's are set at the end."""
        resource = self._registered[urn]
        if resource.type == STACK_TYPE:
            self._stack_outputs = outputs
        else:
            resource.outputs = outputs

    def invoke(self, reference: str, token: str, arguments: Properties) -> Properties:
        """Call a function of a provider."""
        return self._registry.instance(reference).invoke(token, arguments, preview=self.preview)

    def _bring_about(self, new: Resource, delete_before_replace: bool | None) -> None:
        wanted, old, manager = new.inputs, self._ledger.old(new.urn), self._manager(new)
        is_gone = self._is_deleted_already(new.urn)
        if old is None or is_gone:
            new.inputs = manager.check(new.urn, None, wanted) if manager else wanted
            self._create(Step("replace", old, new, Diff(changed=True)) if old else Step("create", None, new), old)
            return
        new.created, new.modified = old.created, old.modified
        kept = restore(wanted, old.inputs, new.ignore_changes)
        new.inputs = manager.check(new.urn, old.inputs, kept) if manager else kept
        diff = self._diff(old, new, manager).replacing_on(new.replace_on_changes)
        if self._is_deleted_already(new.urn, is_settled=True):
            self._create(Step("replace", old, new, diff), old)
        elif old.pending_replacement or (diff.changed and diff.replaces):
            if old.protect and new.protect:
                raise DeploymentError("it is protected and would have to be replaced; take `protect` off first.")
            if manager:
                # The defaults that the provider chose for the old one are not the new one's.
                new.inputs = manager.check(new.urn, None, wanted)
            before = diff.delete_before_replace if delete_before_replace is None else delete_before_replace
            if before and not old.pending_replacement:
                self._delete_with_dependents(old)
            self._create(Step("replace", old, new, diff), old if old.pending_replacement else None)
        elif diff.changed or old.init_errors:
            self._update(Step("update", old, new, diff), old, new, manager)
        else:
            self._keep(Step("same", old, new), old, new)

    def _manager(self, resource: Resource) -> Provider | Registry | None:
        if resource.is_provider:
            return self._registry
        return self._registry.instance(resource.provider) if resource.custom else None

    def _manager_in_state(self, resource: Resource) -> Provider | Registry:
        return self._registry if resource.is_provider else self._registry.load(self._ledger.owner_of(resource))

    def _diff(self, old: Resource, new: Resource, manager: Provider | Registry | None) -> Diff:
        if old.provider != new.provider and self._is_provider_replaced(old, new):
            return Diff(changed=True, replace_keys=["provider"])
        if manager is None or old.pending_replacement:
            return Diff(changed=old.inputs != new.inputs)
        return manager.diff(old, new.inputs, new.ignore_changes)

    def _is_provider_replaced(self, old: Resource, new: Resource) -> bool:
        former, current = self._ledger.old(old.provider_urn), self._registered.get(new.provider_urn)
        if not (former and current):
            return True
        judge = self._registry.instance(new.provider)
        return self._registry.diff_config(judge, former, current.inputs).replaces

    def _keep(self, step: Step, old: Resource, new: Resource) -> None:
        self._begin(step)
        new.id, new.outputs = old.id, old.outputs
        _hide_outputs(new)
        if new.is_provider:
            # The state's inputs, so that a change that the provider does not call one changes nothing.
            self._registry.keep(replace(new, inputs=old.inputs))
        self._ledger.record(new, old, save=False)
        self._report("done", step)

    def _create(self, step: Step, retired: Resource | None = None) -> None:
        new = step.resource
        self._begin(step, note=step.op == "create" or bool(retired))
        if manager := self._manager(new):
            with self._reporting(step):
                try:
                    new.id, new.outputs = manager.create(new.urn, new.inputs, self.preview)
                except InitializationError as error:
                    new.id, new.init_errors = error.id, error.reasons
                    new.outputs = mark_secrets(error.outputs, new.inputs)
        new.created = new.modified = now()
        self._complete(step, new, retired)

    def _update(self, step: Step, old: Resource, new: Resource, manager: Provider | Registry | None) -> None:
        self._begin(step)
        new.id, new.outputs = old.id, old.outputs
        if manager:
            with self._reporting(step):
                try:
                    new.outputs = manager.update(old, new.inputs, new.ignore_changes, self.preview)
                except InitializationError as error:
                    new.outputs, new.init_errors = mark_secrets(error.outputs, new.inputs), error.reasons
            new.modified = now()
        self._complete(step, new, old)

    def _complete(self, step: Step, new: Resource, retired: Resource | None) -> None:
        _hide_outputs(new)
        if step.old and not retired:
            step.old.delete = True
            self._note(step)
        self._ledger.record(new, retired, save=True)
        if new.init_errors:
            self._report("failed", step)
            raise DeploymentError("; ".join(new.init_errors))
        self._report("done", step)

    def _delete_with_dependents(self, root: Resource) -> None:
        with self._ledger.lock:
            falling = self._ledger.falling_with(root, self._settled, self._falls)
            condemned = [each for each in falling if each.urn not in self._deletions]
            if protected := next((each.urn for each in condemned if each.protect and each is not root), None):
                raise DeploymentError(f"replacing it means replacing {protected}, which is protected.")
            self._deletions.update({each.urn: Future() for each in condemned})
        try:
            for each in condemned:
                if not each.pending_replacement:
                    self._delete(Step("delete-replaced", each, None), pending=True)
                self._deletions[each.urn].set_result(None)
        finally:
            for each in condemned:
                if not self._deletions[each.urn].done():
                    self._deletions[each.urn].set_exception(AbortedError())

    def _is_deleted_already(self, urn: str, *, is_settled: bool = False) -> bool:
        with self._ledger.lock:
            deletion = self._deletions.get(urn)
            if deletion is None and is_settled:
                self._settled.add(urn)
        if deletion:
            deletion.result()
        return deletion is not None

    def _falls(self, dependent: Resource, condemned: set[str]) -> bool:
        if dependent.provider_urn in condemned:
            return True
        lost = {key for key, urns in dependent.property_dependencies.items() if condemned & set(urns)}
        if not lost & dependent.inputs.keys():
            return False
        news = {key: UNKNOWN if key in lost else value for key, value in dependent.inputs.items()}
        diff = self._manager_in_state(dependent).diff(dependent, news, dependent.ignore_changes)
        return diff.replacing_on(dependent.replace_on_changes).replaces

    def _delete(self, step: Step, *, pending: bool = False) -> None:
        old = step.resource
        self._begin(step)
        if old.custom and not old.is_provider and not self.preview:
            try:
                self._registry.load(self._ledger.owner_of(old)).delete(old)
            except DeploymentError as error:
                self._report("failed", step)
                raise DeploymentError(f"{old.type} `{old.name}` could not be deleted: {error}") from error
        old.pending_replacement = pending
        self._ledger.record(None, None if pending else old, save=True)
        self._report("done", step)

    def finish(self) -> Properties:
        """Delete what the program no longer registers, and return the stack's outputs."""
        if not self.errors:
            try:
                self._delete_leftovers()
            except DeploymentError as error:
                self.fail(str(error))
        root = next((each for each in self._registered.values() if each.type == STACK_TYPE), None)
        if root:
            root.outputs = {**root.outputs, **self._stack_outputs} if self.errors else self._stack_outputs
        self._ledger.save()
        return root.outputs if root else {}

    def _delete_leftovers(self) -> None:
        leftovers = self._ledger.leftovers()
        if protected := next((each.urn for each in leftovers if each.protect and not each.delete), None):
            raise DeploymentError(
                f"{protected} is protected and cannot be deleted; take `protect` off and deploy first."
            )
        for each in leftovers:
            if each.pending_replacement:
                self._ledger.record(None, each, save=True)
            else:
                self._delete(Step("delete-replaced" if each.delete else "delete", each, None))

    @contextmanager
    def _reporting(self, step: Step) -> Generator[None]:
        try:
            yield
        except DeploymentError:
            self._report("failed", step)
            raise

    def _begin(self, step: Step, *, note: bool = True) -> None:
        if note:
            self._note(step)
        self._report("begin", step)

    def _note(self, step: Step) -> None:
        # Copies, because the states are still to be filled in.
        if step.op != "delete-replaced" and not step.resource.is_default_provider:
            old, new = step.old and replace(step.old), step.new and replace(step.new)
            self.steps.append(replace(step, old=old, new=new))

    def _report(self, kind: Literal["begin", "done", "failed"], step: Step) -> None:
        if not step.resource.is_default_provider:
            self._on_event(Event(kind, step))


def _hide_outputs(resource: Resource) -> None:
    for key in resource.outputs.keys() & set(resource.additional_secret_outputs):
        if not isinstance(resource.outputs[key], Secret):
            resource.outputs = {**resource.outputs, key: Secret(resource.outputs[key])}
