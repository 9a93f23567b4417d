"""Writes generated people and assessments in batches; each batch is one transaction.

A batch is a group of people in one year. People are registered in the first year they use the
service; in every year some of them get assessments. Batches run year by year, and group by group
within a year, so the audit events are almost in chronological order. The last event of a batch
stores the progress; running the same command again resumes from there.

No assessment is left in the state 传输中, because a running outbox worker would send it at once.
Transmitted assessments have no message in the outbox and are unknown to the tax bureau's stand-in:
`flask transmission reconcile` would transmit all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from operator import attrgetter
from random import Random

from flexapp.agency.service import effective_parameters
from flexapp.audit import service as audit
from flexapp.audit.service import SYSTEM, Actor, ActorKind, Entry
from flexapp.demo import assessment_history
from flexapp.demo.assessment_history import SeededAssessment
from flexapp.demo.generated_people import (
    MAX_PEOPLE,
    SEEDS,
    GeneratedPerson,
    generate_person,
)
from flexapp.demo.scenarios import (
    CURRENT,
    PAST,
    Figures,
    Subject,
    free_months,
    generate_assessments,
)
from flexapp.people import service as people
from flexapp.people.service import PersonSeed
from flexapp.registration import service as registration
from flexapp.registration.service import Details, RegistrationSeed
from flexapp.rules.identity import mask_name
from flexapp.rules.periods import Month
from flexapp.rules.rates import RateKind
from flexapp.rules.refusal import Refusal
from flexapp.web.clock import BEIJING, now

ACTION = "demo.generated"
MAX_ASSESSMENTS_EACH = 20
"""Maximum average number of assessments per person: with more, few free months are left."""

PROXY_SHARE = 0.5
"""Share of the people without an account for whom somebody else acts as proxy (代办)."""

CHANNELS = ("phone", "wodeningxia", "zhangshang12333", "boc", "ccb", "iyinchuan")
MIN_SPAN = timedelta(days=2)
"""Minimum length of a year's time span; a year that has only just begun is skipped."""


@dataclass(frozen=True, slots=True)
class RunParameters:
    """The parameters of a run. `until`: all generated events are before this day."""

    seed: int
    people: int
    assessments: int
    batch: int
    until: date


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The number of rows that one batch added."""

    people: int
    assessments: int
    events: int


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """The time span of one year in which generated events happen."""

    year: int
    begins: datetime
    ends: datetime


def begin(
    *, seed: int, number: int, assessments: int, batch: int, today: date
) -> GeneratorRun | Refusal:
    """Return a new run, or the resumed run of a seed that was interrupted.

    Returns a `Refusal` if the parameters are out of range, if they differ from those stored for the
    seed, if no year has published figures, or if nothing is left to write.
    """
    if not 0 <= seed < SEEDS:
        return Refusal("seed", f"the seed is a number from 0 to {SEEDS - 1}")
    if not 1 <= number <= MAX_PEOPLE:
        return Refusal("people", f"one seed has 1 to {MAX_PEOPLE:,} people")
    if assessments > number * MAX_ASSESSMENTS_EACH:
        return Refusal(
            "assessments",
            f"at most {MAX_ASSESSMENTS_EACH} assessments a person: their months would not do",
        )
    done = audit.of_subject(subject=f"demo:{seed}")
    wanted = RunParameters(seed, number, assessments, batch, today)
    batches = assessed = 0
    if done:
        data = done[-1].data
        wanted = RunParameters(
            seed,
            int(data["people"]),
            int(data["assessments"]),
            int(data["batch"]),
            date.fromisoformat(data["until"]),
        )
        if (wanted.people, wanted.assessments) != (number, assessments):
            return Refusal(
                "seed_used",
                f"seed {seed} was used for {wanted.people:,} people and"
                f" {wanted.assessments:,} assessments; another --seed adds more",
            )
        batches, assessed = int(data["batches"]), int(data["assessed"])
    crowd = GeneratorRun(wanted, Figures(effective_parameters(today).book), batches, assessed)
    if not crowd.stretches:
        return Refusal("years", "no year with figures has begun by this date")
    if crowd.left == 0:
        return Refusal("there", f"the people of seed {seed} are here; another --seed adds more")
    return crowd


class GeneratorRun:
    """The batches of one run and the progress through them."""

    def __init__(
        self, wanted: RunParameters, figures: Figures, batches: int, assessed: int
    ) -> None:
        self.wanted = wanted
        self.batches, self.assessed = batches, assessed
        self._figures = figures

    @cached_property
    def stretches(self) -> tuple[TimeSpan, ...]:
        """One time span per year with figures, ending before `until`."""
        end = datetime.combine(self.wanted.until, time(), BEIJING) - timedelta(hours=1)
        found = (
            TimeSpan(
                year,
                datetime(year, 1, 2, 8, tzinfo=BEIJING),
                min(end, datetime(year, 12, 28, tzinfo=BEIJING)),
            )
            for year in self._figures.years()
            if year <= self.wanted.until.year
        )
        return tuple(s for s in found if s.ends - s.begins >= MIN_SPAN)

    @property
    def groups(self) -> int:
        """The number of groups that the people are divided into."""
        return -(-self.wanted.people // self.wanted.batch)

    @property
    def left(self) -> int:
        """The number of batches not written yet."""
        return self.groups * len(self.stretches) - self.batches

    def write_next(self) -> BatchResult:
        """Write the next batch in the caller's transaction. Call `wrote` after the commit."""
        index, group = divmod(self.batches, self.groups)
        first = group * self.wanted.batch
        numbers = range(first, min(first + self.wanted.batch, self.wanted.people))
        batch = _Batch(self.wanted, self.stretches, index, self._figures)
        entries, newcomers = batch.arrive(numbers)
        made = batch.assess(self._share(index, group) - self.assessed)
        entries += assessment_history.add_all(made)
        entries.sort(key=attrgetter("at"))
        entries.append(self._note(len(made)))
        audit.record_all(entries)
        return BatchResult(newcomers, len(made), len(entries))

    def wrote(self, written: BatchResult) -> None:
        """Advance the progress after the batch was committed."""
        self.batches += 1
        self.assessed += written.assessments

    def _share(self, index: int, group: int) -> int:
        """Return the cumulative number of assessments after that batch; later years get more."""
        weights = range(2, 2 + len(self.stretches))
        reached = sum(weights[:index]) + weights[index] * (group + 1) / self.groups
        return round(self.wanted.assessments * reached / sum(weights))

    def _note(self, made: int) -> Entry:
        data = {
            "people": str(self.wanted.people),
            "assessments": str(self.wanted.assessments),
            "batch": str(self.wanted.batch),
            "until": self.wanted.until.isoformat(),
            "batches": str(self.batches + 1),
            "assessed": str(self.assessed + made),
        }
        return Entry(ACTION, None, f"demo:{self.wanted.seed}", SYSTEM, now(), data)


class _Batch:
    """One group of people in one year."""

    def __init__(
        self, wanted: RunParameters, stretches: Sequence[TimeSpan], index: int, figures: Figures
    ) -> None:
        self._wanted, self._index, self._figures = wanted, index, figures
        self._stretch = stretches[index]
        self._is_last = index == len(stretches) - 1
        self._years = tuple(stretch.year for stretch in stretches)
        # A person's events of the year span 30 days, or a quarter of the time span if that is less.
        whole = self._stretch.ends - self._stretch.begins
        self._lasts = min(timedelta(days=30), whole / 4)
        self._room = whole - self._lasts
        self._here: list[tuple[int, GeneratedPerson, int, Actor | None]] = []

    def arrive(self, numbers: range) -> tuple[list[Entry], int]:
        """Register the people who start in this year; return the audit events and how many."""
        everybody = [(n, generate_person(self._wanted.seed, n, self._years)) for n in numbers]
        before = [(n, who) for n, who in everybody if who.joins < self._index]
        new = [(n, who) for n, who in everybody if who.joins == self._index]
        known = people.known([who.identity for _, who in before])
        added = people.add_people(
            [PersonSeed(who.name, who.identity, who.phone, self._moment(n)) for n, who in new]
        )
        for (number, who), ids in zip(before, known, strict=True):
            assert ids is not None, "somebody of an earlier batch is missing"
            self._here.append((number, who, ids[0], _actor(who, ids[1], number)))
        entries: list[Entry] = []
        firsts: list[RegistrationSeed] = []
        for (number, who), (person, account) in zip(new, added, strict=True):
            actor = _actor(who, account, number)
            self._here.append((number, who, person, actor))
            at = self._moment(number)
            if actor is not None:
                entries.append(Entry("person.real_name", person, "real-name", actor, at, {}))
            firsts.append(_first(who, person, actor, self._stretch.year, at))
        entries += registration.register_all(firsts)
        return entries, len(new)

    def assess(self, count: int) -> list[SeededAssessment]:
        """Return `count` assessments spread over the eligible people; empty if there are none."""
        rng = Random(f"{self._wanted.seed}:{self._stretch.year}:{count}")  # noqa: S311
        subjects = list(self._subjects(rng))
        if not subjects or count <= 0:
            return []
        mix = CURRENT if self._is_last else PAST
        made: list[SeededAssessment] = []
        for subject, number in zip(subjects, _spread(rng, count, len(subjects)), strict=True):
            made += generate_assessments(
                rng, subject, self._stretch.year, number, mix, self._figures
            )
        made.sort(key=attrgetter("at"))
        return made

    def _subjects(self, rng: Random) -> Iterator[Subject]:
        units: dict[str, int] = {}
        actors = [actor for _, _, _, actor in self._here if actor is not None]
        for number, who, person, own in self._here:
            handled = own is None and bool(actors) and rng.random() < PROXY_SHARE
            actor = rng.choice(actors) if handled else own
            if actor is None or not free_months(self._stretch.year, who.last_month):
                continue
            code = who.division.code
            if code not in units:
                units[code] = registration.unit_at(division=code, kind=RateKind.FLEXIBLE)
            yield Subject(
                person_id=person,
                division=code,
                unit_id=units[code],
                last_month=who.last_month,
                actor=actor,
                by_proxy=own is None,
                begins=self._moment(number) + timedelta(minutes=5),
                lasts=self._lasts,
            )

    def _moment(self, number: int) -> datetime:
        """Return when a person starts in the year; people are spread evenly over it."""
        return self._stretch.begins + self._room * (number / self._wanted.people)


def _spread(rng: Random, count: int, over: int) -> list[int]:
    """Split `count` into `over` parts of varying size."""
    each, rest = divmod(count, over)
    parts = [each + (1 if i < rest else 0) for i in range(over)]
    for i in range(0, over - 1, 2):
        moved = rng.randint(0, parts[i] // 2)
        parts[i] -= moved
        parts[i + 1] += moved
    return parts


def _actor(who: GeneratedPerson, account: int | None, number: int) -> Actor | None:
    if account is None or who.phone is None:
        return None
    label = f"{mask_name(who.name)}（{people.mask_phone(who.phone)}）"
    return Actor(ActorKind.ACCOUNT, account, label, CHANNELS[number % len(CHANNELS)])


def _first(
    who: GeneratedPerson, person: int, actor: Actor | None, year: int, at: datetime
) -> RegistrationSeed:
    """Return the registration data of a person.

    People insured before come from imported data, so their actor is the system, as for the demo
    residents.
    """
    registers = actor if who.insured_since is None else None
    return RegistrationSeed(
        person,
        Details(who.division, who.group, who.address, None),
        who.insured_since or Month(year, 1),
        registers or SYSTEM,
        at + timedelta(minutes=3),
    )
