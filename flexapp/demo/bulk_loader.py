"""The crowd, written batch by batch: each is one transaction, whole or not there at all.

A batch is some of the people in one year. In the first year they come to they are registered, and
in every year a part of them has assessments. The years follow each other, and so do the people
within a year: the record of what was done is nearly in the order of time. The last event of each
batch says how far the crowd is; the same command goes on from there.

Nothing is left on its way to the tax bureau (传输中): a sender at work would send it at once. Of
what was transmitted there is no message in the outbox, and the tax bureau's stand-in knows nothing
of it: `flask transmission reconcile` would hand it all over.
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
    MOST,
    SEEDS,
    MadeUp,
    made_up,
)
from flexapp.demo.scenarios import (
    CURRENT,
    PAST,
    Figures,
    Subject,
    free_months,
    stories,
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
MOST_EACH = 20
"""Assessments for each person, on average: more would hardly find free months."""

HANDLED_FOR = 0.5
"""Of those without an account, how many have somebody who handles for them."""

CHANNELS = ("phone", "wodeningxia", "zhangshang12333", "boc", "ccb", "iyinchuan")
SHORTEST = timedelta(days=2)
"""Of a year; one that has only begun is left out."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. `until`: nothing happens on this day or later."""

    seed: int
    people: int
    assessments: int
    batch: int
    until: date


@dataclass(frozen=True, slots=True)
class Written:
    """What one batch added."""

    people: int
    assessments: int
    events: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a year in which things happen."""

    year: int
    begins: datetime
    ends: datetime


def begin(*, seed: int, number: int, assessments: int, batch: int, today: date) -> Crowd | Refusal:
    """The crowd to be written, or to go on with where it was broken off."""
    if not 0 <= seed < SEEDS:
        return Refusal("seed", f"the seed is a number from 0 to {SEEDS - 1}")
    if not 1 <= number <= MOST:
        return Refusal("people", f"one seed has 1 to {MOST:,} people")
    if assessments > number * MOST_EACH:
        return Refusal(
            "assessments", f"at most {MOST_EACH} assessments a person: their months would not do"
        )
    done = audit.of_subject(subject=f"demo:{seed}")
    wanted = Wanted(seed, number, assessments, batch, today)
    batches = assessed = 0
    if done:
        data = done[-1].data
        wanted = Wanted(
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
    crowd = Crowd(wanted, Figures(effective_parameters(today).book), batches, assessed)
    if not crowd.stretches:
        return Refusal("years", "no year with figures has begun by this date")
    if crowd.left == 0:
        return Refusal("there", f"the people of seed {seed} are here; another --seed adds more")
    return crowd


class Crowd:
    """The batches of a crowd, and how many of them are written."""

    def __init__(self, wanted: Wanted, figures: Figures, batches: int, assessed: int) -> None:
        self.wanted = wanted
        self.batches, self.assessed = batches, assessed
        self._figures = figures

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """One for each year, up to the day before `until`."""
        end = datetime.combine(self.wanted.until, time(), BEIJING) - timedelta(hours=1)
        found = (
            Stretch(
                year,
                datetime(year, 1, 2, 8, tzinfo=BEIJING),
                min(end, datetime(year, 12, 28, tzinfo=BEIJING)),
            )
            for year in self._figures.years()
            if year <= self.wanted.until.year
        )
        return tuple(s for s in found if s.ends - s.begins >= SHORTEST)

    @property
    def groups(self) -> int:
        """Into how many parts the people are divided."""
        return -(-self.wanted.people // self.wanted.batch)

    @property
    def left(self) -> int:
        """Batches not yet written."""
        return self.groups * len(self.stretches) - self.batches

    def write_next(self) -> Written:
        """The next batch, in the caller's transaction; `wrote` once that is committed."""
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
        return Written(newcomers, len(made), len(entries))

    def wrote(self, written: Written) -> None:
        """The batch is committed."""
        self.batches += 1
        self.assessed += written.assessments

    def _share(self, index: int, group: int) -> int:
        """How many assessments there should be after that batch: later years have more."""
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
    """Some of the people in one year."""

    def __init__(
        self, wanted: Wanted, stretches: Sequence[Stretch], index: int, figures: Figures
    ) -> None:
        self._wanted, self._index, self._figures = wanted, index, figures
        self._stretch = stretches[index]
        self._is_last = index == len(stretches) - 1
        self._years = tuple(stretch.year for stretch in stretches)
        # What one person does in the year takes a month, less where there is less time.
        whole = self._stretch.ends - self._stretch.begins
        self._lasts = min(timedelta(days=30), whole / 4)
        self._room = whole - self._lasts
        self._here: list[tuple[int, MadeUp, int, Actor | None]] = []

    def arrive(self, numbers: range) -> tuple[list[Entry], int]:
        """Add those who come this year; the events, and how many they are."""
        everybody = [(n, made_up(self._wanted.seed, n, self._years)) for n in numbers]
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
        """So many assessments, spread over those who can have one; none where nobody can."""
        rng = Random(f"{self._wanted.seed}:{self._stretch.year}:{count}")  # noqa: S311
        subjects = list(self._subjects(rng))
        if not subjects or count <= 0:
            return []
        mix = CURRENT if self._is_last else PAST
        made: list[SeededAssessment] = []
        for subject, number in zip(subjects, _spread(rng, count, len(subjects)), strict=True):
            made += stories(rng, subject, self._stretch.year, number, mix, self._figures)
        made.sort(key=attrgetter("at"))
        return made

    def _subjects(self, rng: Random) -> Iterator[Subject]:
        units: dict[str, int] = {}
        actors = [actor for _, _, _, actor in self._here if actor is not None]
        for number, who, person, own in self._here:
            handled = own is None and bool(actors) and rng.random() < HANDLED_FOR
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
        """When somebody comes by in the year: one after the other."""
        return self._stretch.begins + self._room * (number / self._wanted.people)


def _spread(rng: Random, count: int, over: int) -> list[int]:
    """`count` in so many parts, some larger than others."""
    each, rest = divmod(count, over)
    parts = [each + (1 if i < rest else 0) for i in range(over)]
    for i in range(0, over - 1, 2):
        moved = rng.randint(0, parts[i] // 2)
        parts[i] -= moved
        parts[i + 1] += moved
    return parts


def _actor(who: MadeUp, account: int | None, number: int) -> Actor | None:
    if account is None or who.phone is None:
        return None
    label = f"{mask_name(who.name)}（{people.mask_phone(who.phone)}）"
    return Actor(ActorKind.ACCOUNT, account, label, CHANNELS[number % len(CHANNELS)])


def _first(
    who: MadeUp, person: int, actor: Actor | None, year: int, at: datetime
) -> RegistrationSeed:
    """Who was insured before came with the data of the bureau, as the demo's own people did."""
    registers = actor if who.insured_since is None else None
    return RegistrationSeed(
        person,
        Details(who.division, who.group, who.address, None),
        who.insured_since or Month(year, 1),
        registers or SYSTEM,
        at + timedelta(minutes=3),
    )
