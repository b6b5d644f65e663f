"""Decides, for each resource that the program registers, what has to happen to it, and has it done.

Registrations arrive on threads of their own; what concerns more than one resource is done under one lock, calls of providers
are not. The order of a state file is an order of creation: every resource stands after what it depends on.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.engine.errors import DeploymentError
from sandbox.engine.paths import restore
from sandbox.engine.provider import Diff, PartialFailure, ProviderError
from sandbox.engine.state import STACK_TYPE, Resource, make_urn, now
from sandbox.engine.steps import Event, Step
from sandbox.engine.values import UNKNOWN, Properties, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.engine.provider import Provider
    from sandbox.engine.registry import ProviderRegistry


@dataclass(frozen=True)
class Goal:
    """What the program wants of a resource."""

    type: str
    name: str
    custom: bool
    inputs: Properties
    parent: str = ""
    provider: str = ""
    dependencies: list[str] = field(default_factory=list[str])
    property_dependencies: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    additional_secret_outputs: list[str] = field(default_factory=list[str])
    protect: bool = False
    ignore_changes: list[str] = field(default_factory=list[str])
    replace_on_changes: list[str] = field(default_factory=list[str])
    delete_before_replace: bool | None = None


class Aborted(Exception):
    """The deployment has failed elsewhere; nothing new is begun."""


class Deployment:
    """One run over one stack's state."""

    def __init__(
        self,
        project: str,
        stack: str,
        olds: list[Resource],
        registry: ProviderRegistry,
        *,
        preview: bool,
        save: Callable[[list[Resource]], None],
        on_event: Callable[[Event], None],
    ) -> None:
        self._project, self._stack = project, stack
        self._base = list(olds)
        self._olds = {resource.urn: resource for resource in olds if not resource.delete}
        self._registry = registry
        self._preview = preview
        self._save_state, self._on_event = save, on_event
        self._news: list[Resource] = []
        self._seen: dict[str, Resource] = {}
        self._condemned: dict[str, Future[None]] = {}
        self._lock = threading.RLock()
        self._stack_outputs: Properties | None = None
        self.steps: list[Step] = []
        self.errors: list[str] = []

    # -- what the program asks for ------------------------------------------------------------------------------------

    def register(self, goal: Goal, former_urns: Iterable[str] = ()) -> Resource:
        """Bring a resource about. Raises Aborted after a failure of this or another resource."""
        urn = make_urn(self._stack, self._project, goal.parent, goal.type, goal.name)
        new = Resource(
            urn=urn,
            custom=goal.custom,
            type=goal.type,
            parent=goal.parent,
            provider=goal.provider,
            protect=goal.protect,
            dependencies=sorted(goal.dependencies),
            property_dependencies={key: sorted(urns) for key, urns in goal.property_dependencies.items()},
            additional_secret_outputs=goal.additional_secret_outputs,
            ignore_changes=goal.ignore_changes,
            replace_on_changes=goal.replace_on_changes,
        )
        try:
            self._claim(new, former_urns)
            self._decide(goal, new)
        except DeploymentError as error:
            self.fail(f"{goal.type} `{goal.name}`: {error}")
            raise Aborted from error
        return new

    def _claim(self, new: Resource, former_urns: Iterable[str]) -> None:
        with self._lock:
            if self.errors:
                raise Aborted
            if new.urn in self._seen:
                raise DeploymentError(
                    "this name is registered twice; resources of one type and parent need names of their own."
                )
            if new.urn not in self._olds and (former := next((urn for urn in former_urns if urn in self._olds), None)):
                raise DeploymentError(
                    f"it was {former}; the sandbox's engine does not follow aliases, the pulumi CLI does."
                )
            self._seen[new.urn] = new

    def register_outputs(self, urn: str, outputs: Properties) -> None:
        """Set a component's outputs; the stack's are set when everything else has gone well."""
        with self._lock:
            resource = self._seen[urn]
            if resource.type == STACK_TYPE:
                self._stack_outputs = outputs
            else:
                resource.outputs = outputs

    def invoke(self, reference: str, token: str, arguments: Properties) -> Properties:
        """Call a function of a provider."""
        return self._registry.instance(reference).invoke(token, arguments, preview=self._preview)

    def fail(self, message: str) -> None:
        """Note an error: what is running is finished, nothing new is begun."""
        with self._lock:
            self.errors.append(message)

    # -- the decision -------------------------------------------------------------------------------------------------

    def _decide(self, goal: Goal, new: Resource) -> None:
        old = self._olds.get(new.urn)
        manager = self._manager(new)
        recreating = self._deleted_already(new.urn)
        wanted = goal.inputs if old is None else restore(goal.inputs, old.inputs, goal.ignore_changes)
        if old is None or recreating:
            new.inputs = manager.check(new.urn, None, goal.inputs) if manager else goal.inputs
            if old is None:
                self._create(Step("create", None, new))
            else:
                self._recreate(old, new, Diff(changed=True))
            return
        new.created, new.modified = old.created, old.modified
        new.inputs = manager.check(new.urn, old.inputs, wanted) if manager else wanted
        diff = self._diff(old, new, manager).replacing(goal.replace_on_changes)
        if self._deleted_already(new.urn):
            self._recreate(old, new, diff)
        elif old.pending_replacement or (diff.changed and diff.replace_keys):
            self._replace(goal, old, new, diff, manager)
        elif diff.changed or old.init_errors:
            self._update(Step("update", old, new, diff))
        else:
            self._keep(Step("same", old, new))

    def _manager(self, resource: Resource) -> Provider | ProviderRegistry | None:
        if resource.is_provider:
            return self._registry
        return self._registry.instance(resource.provider) if resource.custom else None

    def _diff(self, old: Resource, new: Resource, manager: Provider | ProviderRegistry | None) -> Diff:
        if old.provider != new.provider and self._provider_changed(old, new):
            return Diff(changed=True, replace_keys=["provider"])
        if manager is None:
            return Diff(changed=old.inputs != new.inputs)
        if old.pending_replacement:
            return Diff(changed=True)
        return manager.diff(new.urn, old.id, old.inputs, old.outputs, new.inputs, new.ignore_changes)

    def _provider_changed(self, old: Resource, new: Resource) -> bool:
        if not (old.provider and new.provider):
            return True
        former, current = self._olds[old.provider_urn], self._seen[new.provider_urn]
        diff = self._registry.instance(new.provider).diff_config(
            current.urn, former.inputs, former.outputs, current.inputs
        )
        return bool(diff.replace_keys)

    # -- the steps ----------------------------------------------------------------------------------------------------

    def _keep(self, step: Step) -> None:
        old, new = _states(step)
        self._begin(step)
        new.id, new.outputs = old.id, dict(old.outputs)
        if new.is_provider:
            self._registry.keep(replace(new, inputs=old.inputs))
        self._done(step, retired=old, save=False)

    def _create(self, step: Step, retired: Resource | None = None) -> None:
        new = step.resource
        self._begin(step)
        manager = self._manager(new)
        if manager:
            try:
                new.id, outputs = manager.create(new.urn, new.inputs, preview=self._preview)
            except PartialFailure as failure:
                new.id, outputs, new.init_errors = failure.id, failure.outputs, failure.reasons
            except ProviderError:
                self._on_event(Event("failed", step=step))
                raise
            new.outputs = _with_secrets(new, outputs)
        new.created = new.modified = now()
        self._done(step, retired)

    def _update(self, step: Step) -> None:
        old, new = _states(step)
        self._begin(step)
        new.id, new.outputs = old.id, dict(old.outputs)
        manager = self._manager(new)
        if manager:
            try:
                outputs = manager.update(
                    new.urn, old.id, old.inputs, old.outputs, new.inputs, new.ignore_changes, preview=self._preview
                )
            except PartialFailure as failure:
                outputs, new.init_errors = failure.outputs, failure.reasons
            except ProviderError:
                self._on_event(Event("failed", step=step))
                raise
            new.outputs = _with_secrets(new, outputs)
            new.modified = now()
        self._done(step, retired=old)

    def _replace(
        self, goal: Goal, old: Resource, new: Resource, diff: Diff, manager: Provider | ProviderRegistry | None
    ) -> None:
        if old.protect and new.protect:
            raise DeploymentError(
                "it is protected and would have to be replaced; take `protect` off in the program first."
            )
        if manager:
            new.inputs = manager.check(new.urn, None, goal.inputs)
        before = diff.delete_before_replace if goal.delete_before_replace is None else goal.delete_before_replace
        if old.pending_replacement:
            self._recreate(old, new, diff)
        elif before:
            self._delete_condemned(self._condemn(old))
            self._recreate(old, new, diff)
        else:
            self._create(Step("create-replacement", old, new, diff))
            with self._lock:
                self.steps.append(Step("replace", old, new, diff))

    def _recreate(self, old: Resource, new: Resource, diff: Diff) -> None:
        with self._lock:
            self.steps.append(Step("replace", old, new, diff))
        self._create(Step("create-replacement", old, new, diff), retired=old)

    def _delete(self, step: Step, *, pending: bool = False) -> None:
        old = step.resource
        self._begin(step)
        if old.custom and not old.is_provider and not self._preview:
            try:
                self._provider_in_state(old).delete(old.urn, old.id, old.inputs, old.outputs)
            except ProviderError:
                self._on_event(Event("failed", step=step))
                raise
        with self._lock:
            old.pending_replacement = pending
            self._done(step, None if pending else old)

    # -- deleting before replacing ------------------------------------------------------------------------------------

    def _condemn(self, root: Resource) -> list[Resource]:
        """The resource and the dependents that have to be replaced with it, dependents first."""
        with self._lock:
            condemned = {root.urn: root}
            position = self._base.index(root)
            dependents = {root.urn}
            for candidate in self._base[position + 1 :]:
                if candidate.delete or candidate.urn in self._finished() or not candidate.depends_on() & dependents:
                    continue
                dependents.add(candidate.urn)
                if candidate.custom and candidate.urn not in self._condemned and self._falls_with(candidate, condemned):
                    if candidate.protect:
                        raise DeploymentError(f"replacing it means replacing {candidate.urn}, which is protected.")
                    condemned[candidate.urn] = candidate
            self._condemned.update({urn: Future() for urn in condemned})
            return list(reversed(condemned.values()))

    def _delete_condemned(self, condemned: list[Resource]) -> None:
        try:
            for resource in condemned:
                if not resource.pending_replacement:
                    self._delete(Step("delete-replaced", resource, None), pending=True)
                self._condemned[resource.urn].set_result(None)
        finally:
            for resource in condemned:
                if not self._condemned[resource.urn].done():
                    self._condemned[resource.urn].set_exception(Aborted())

    def _finished(self) -> set[str]:
        return {resource.urn for resource in self._news}

    def _falls_with(self, candidate: Resource, condemned: dict[str, Resource]) -> bool:
        if candidate.provider_urn in condemned:
            return True
        news = {
            key: UNKNOWN if condemned.keys() & set(candidate.property_dependencies.get(key, ())) else value
            for key, value in candidate.inputs.items()
        }
        if UNKNOWN not in news.values():
            return False
        manager = self._registry if candidate.is_provider else self._provider_in_state(candidate)
        diff = manager.diff(
            candidate.urn, candidate.id, candidate.inputs, candidate.outputs, news, candidate.ignore_changes
        )
        return bool(diff.replacing(candidate.replace_on_changes).replace_keys)

    def _deleted_already(self, urn: str) -> bool:
        with self._lock:
            condemned = self._condemned.get(urn)
        if condemned:
            condemned.result()
        return condemned is not None

    def _provider_in_state(self, resource: Resource) -> Provider:
        urn, _, id_ = resource.provider.rpartition("::")
        with self._lock:
            owner = next(each for each in self._base + self._news if each.urn == urn and each.id == id_)
        return self._registry.load(owner)

    # -- the end ------------------------------------------------------------------------------------------------------

    def finish(self) -> Properties:
        """Delete what is left over, set the stack's outputs and return them. Errors are in `errors`."""
        if not self.errors:
            self._delete_leftovers()
        outputs = self._set_stack_outputs()
        self._save()
        return outputs

    def _delete_leftovers(self) -> None:
        try:
            for resource in reversed(self._base):
                if resource.protect and not resource.delete:
                    raise DeploymentError(
                        f"{resource.urn} is protected: it cannot be deleted before `protect` is taken off."
                    )
            for resource in reversed(list(self._base)):
                if resource.pending_replacement and not resource.delete:
                    self._retire(resource)
                else:
                    self._delete(Step("delete-replaced" if resource.delete else "delete", resource, None))
        except DeploymentError as error:
            self.fail(str(error))

    def _set_stack_outputs(self) -> Properties:
        root = next((resource for resource in self._seen.values() if resource.type == STACK_TYPE), None)
        if root is None:
            return {}
        outputs = self._stack_outputs or {}
        root.outputs = {**root.outputs, **outputs} if self.errors else outputs
        return root.outputs

    # -- bookkeeping --------------------------------------------------------------------------------------------------

    def _begin(self, step: Step) -> None:
        snapshot = Step(step.op, step.old and replace(step.old), step.new and replace(step.new), step.diff)
        with self._lock:
            self.steps.append(snapshot)
        self._on_event(Event("begin", step=snapshot))

    def _done(self, step: Step, retired: Resource | None = None, *, save: bool = True) -> None:
        with self._lock:
            if retired:
                self._retire(retired)
            elif step.op == "create-replacement" and step.old:
                step.old.delete = True
            if step.new:
                self._news.append(step.new)
            if save:
                self._save()
        self._on_event(Event("done", step=step))
        if step.new and step.new.init_errors:
            raise ProviderError("; ".join(step.new.init_errors))

    def _retire(self, resource: Resource) -> None:
        self._base = [each for each in self._base if each is not resource]

    def _save(self) -> None:
        if not self._preview:
            with self._lock:
                self._save_state([*self._news, *self._base])


def _states(step: Step) -> tuple[Resource, Resource]:
    assert step.old is not None and step.new is not None  # noqa: PT018, S101 (steps with both states only)
    return step.old, step.new


def _with_secrets(resource: Resource, outputs: Properties) -> Properties:
    hidden: dict[str, Any] = {
        key: Secret(outputs[key])
        for key in resource.additional_secret_outputs
        if key in outputs and not isinstance(outputs[key], Secret)
    }
    return {**outputs, **hidden}
