"""What a plan looks like: a sentence, and a picture of what is still unseen, day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from prodgen_lib.checking.language import Text
from prodgen_lib.interview.deadline import Goal, Plan, quiet_days

FIRST = 3  # named in the sentence as what comes first
ALL = Text(
    "{days} left until {by}. At {minutes} minutes a day you will see all {total}; {seen} are seen. "
    "Today: {new} new, about {today} minutes. {quiet}",
    "距离{by}还有 {days}。每天 {minutes} 分钟，{total} 项都能看到，已看 {seen} 项。"
    "今天：新的 {new} 项，约 {today} 分钟。{quiet}",
)
SOME = Text(
    "{days} left until {by}. At {minutes} minutes a day you will see {reached} of {total}, not "
    "all; these first: {first}. {enough} Today: {new} new, about {today} minutes. {quiet}",
    "距离{by}还有 {days}。每天 {minutes} 分钟，{total} 项中只能看到 {reached} 项；"
    "先看这些：{first}。{enough}今天：新的 {new} 项，约 {today} 分钟。{quiet}",
)
THE_DAY = Text(
    "Today is the day: nothing new. {seen} of {total} are seen; go through what you know least.",
    "就是今天：不再看新的。{total} 项中已看 {seen} 项；把最不熟的再过一遍。",
)
QUIET = Text("Nothing new in the last {}.", "最后 {} 不看新的。")
ENOUGH = Text("For all, {} minutes a day would do.", "要全部看完，每天需要 {} 分钟。")
NEVER = Text("For all, no day is long enough.", "时间不够，无论每天多久都看不完。")
TITLE = Text("Unseen until {}", "到{}为止还没看的")
DESCRIPTION = Text(
    "Of {total} cards and exercises {left} are unseen today; by the plan {end} are on {by}.",
    "{total} 项卡片和练习中，今天还有 {left} 项没看；按计划到{by}还剩 {end} 项。",
)
ACTUAL, PLANNED = Text("unseen", "还没看的"), Text("by the plan", "按计划")


@dataclass(frozen=True)
class BurnDown:
    """How many are unseen at the end of each day, from the first to the last before the day.

    `actual` ends with today; `planned` begins with tomorrow.
    """

    goal: Goal
    total: int
    actual: tuple[int, ...]
    planned: tuple[int, ...]

    @property
    def left(self) -> int:
        return self.actual[-1] if self.actual else self.total

    @property
    def end(self) -> int:
        return (*self.actual, *self.planned)[-1]


def burn_down(
    goal: Goal, today: date, everything: Sequence[str], seen: Mapping[str, date], plan: Plan
) -> BurnDown:
    """What was unseen and what will be. `seen` gives the day on which each was first seen."""
    total = len(everything)
    days = max(1, min((today - goal.since).days + 1, goal.span))
    first = [seen[name] for name in everything if name in seen]
    actual = [
        total - sum(one <= goal.since + timedelta(days=day) for one in first) for day in range(days)
    ]
    left, planned = actual[-1] - len(plan.days[0] if plan.days else ()), []
    for new in plan.days[1:]:
        left -= len(new)
        planned.append(left)
    return BurnDown(goal, total, tuple(actual), tuple(planned))


def sentence(
    goal: Goal,
    today: date,
    plan: Plan,
    *,
    total: int,
    seen: int,
    first: Sequence[str],
    enough: int | None,
    language: str = "en",
) -> str:
    """Whether it can be done, and what today is for; honest where it can't.

    `first` are the names of what comes first; `enough` minutes a day would do for all.
    """
    left = (goal.by - today).days
    if left <= 0:
        return THE_DAY.format(seen=seen, total=total).in_(language)
    quiet = quiet_days(goal)
    will = QUIET.in_(language).format(_days(quiet, language)) if quiet else ""
    more = (ENOUGH.format(enough) if enough else NEVER).in_(language)
    values = {
        "days": _days(left, language),
        "by": day_name(goal.by, language),
        "minutes": goal.minutes,
        "total": total,
        "seen": seen,
        "reached": seen + plan.seen,
        "first": (", " if language == "en" else "、").join(first[:FIRST]),
        "enough": more,
        "new": len(plan.days[0]),
        "today": round(plan.minutes[0]),
        "quiet": will,
    }
    return (SOME if plan.left_out else ALL).in_(language).format(**values).strip()


def _days(count: int, language: str) -> str:
    if language == "zh":
        return f"{count} 天"
    return "1 day" if count == 1 else f"{count} days"


def day_name(day: date, language: str) -> str:
    """A day as one says it: Friday 4 December."""
    if language == "zh":
        return f" {day.month} 月 {day.day} 日"
    return f"{day:%A} {day.day} {day:%B}"


def as_text(found: BurnDown, language: str = "en", *, height: int = 8, width: int = 60) -> str:
    """The picture for a terminal: full blocks are what is unseen, shaded ones the plan."""
    goal = found.goal
    counts = [*found.actual, *found.planned]
    marks = "█" * len(found.actual) + "░" * len(found.planned)
    step = -(-len(counts) // width)
    counts, marks = counts[::step], marks[::step]
    lines = [TITLE.format(day_name(goal.by, language)).in_(language)]
    for row in range(height, 0, -1):
        level = found.total * (row - 0.5) / height
        bars = "".join(m if c >= level else " " for c, m in zip(counts, marks, strict=True))
        lines.append(f"{round(found.total * row / height):>5} ┤{bars}".rstrip())
    lines.append(f"{0:>5} ┼{'─' * len(counts)}")
    names = f"█ {ACTUAL.in_(language)}  ░ {PLANNED.in_(language)}"
    lines.append(f"       {goal.since:%d.%m} → {goal.by:%d.%m}   {names}")
    return "\n".join(lines)


def as_svg(found: BurnDown, language: str = "en") -> str:
    """The picture as SVG: a line of what is unseen, a dashed one for the plan, the quiet days.

    Its description says in words what it shows.
    """
    goal, (width, height) = found.goal, (640, 220)
    left, right, top, bottom = 44, 12, 14, 34

    def x(day: float) -> float:
        return left + (width - left - right) * day / goal.span

    def y(count: float) -> float:
        return top + (height - top - bottom) * (1 - count / max(1, found.total))

    def path(counts: Sequence[int], start: int) -> str:
        points = (f"{x(day):.1f},{y(count):.1f}" for day, count in enumerate(counts, start=start))
        return " ".join(points)

    actual = [found.total, *found.actual]
    planned = [found.left, *found.planned]
    by = day_name(goal.by, language)
    words = {"total": found.total, "left": found.left, "end": found.end, "by": by}
    quiet = goal.span - quiet_days(goal)
    ticks = "".join(
        f'<text x="{left - 6}" y="{y(count) + 4:.1f}" text-anchor="end">{count}</text>'
        f'<line x1="{left}" x2="{width - right}" y1="{y(count):.1f}" y2="{y(count):.1f}" '
        'stroke="var(--rest, #d9d9d9)"/>'
        for count in sorted({0, found.total // 2, found.total})
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" lang="{language}" width="100%" '
        f'style="max-width: {width}px" font-size="12" fill="var(--ink, #1a1a1a)">'
        f"<title>{TITLE.format(by).in_(language)}</title>"
        f"<desc>{DESCRIPTION.in_(language).format(**words)}</desc>"
        f'<rect x="{x(quiet):.1f}" y="{top}" width="{x(goal.span) - x(quiet):.1f}" '
        f'height="{height - top - bottom}" fill="var(--rest, #d9d9d9)" opacity="0.5"/>{ticks}'
        f'<polyline points="{path(planned, len(found.actual))}" fill="none" '
        'stroke="var(--ink, #1a1a1a)" stroke-dasharray="5 4" stroke-width="1.5"/>'
        f'<polyline points="{path(actual, 0)}" fill="none" stroke="var(--fill, #0072b2)" '
        'stroke-width="3"/>'
        f'<text x="{left}" y="{height - 12}">{goal.since:%d.%m.}</text>'
        f'<text x="{width - right}" y="{height - 12}" text-anchor="end">{goal.by:%d.%m.}</text>'
        f'<text x="{width / 2}" y="{height - 12}" text-anchor="middle">'
        f"— {ACTUAL.in_(language)}   - - {PLANNED.in_(language)}</text></svg>"
    )
