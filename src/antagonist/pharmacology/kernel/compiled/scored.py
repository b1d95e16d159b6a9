"""One subject's history with sensitivities, its levels' likelihood, and the prior.

Imported when compiling only. The likelihood is that of ``estimation.likelihood``.
"""

from __future__ import annotations

import math
from typing import Any

from antagonist.pharmacology.kernel.compiled.formulas import formulas
from antagonist.pharmacology.kernel.compiled.options import Floats, Ints, compiled
from antagonist.pharmacology.kernel.compiled.sensitive import moved, settled, turned_to
from antagonist.pharmacology.kernel.limits import BOLUS, CHANGE, RATE_OFF, RESET


@compiled
def _log_normal(z: float) -> tuple[float, float]:
    """Logarithm of the normal distribution function, and its derivative."""
    if z > -8.0:
        chance = 0.5 * math.erfc(-z * 0.7071067811865476)
        return math.log(chance), 0.3989422804014327 * math.exp(-0.5 * z * z) / chance
    # Mills' ratio by a continued fraction (Abramowitz and Stegun 26.2.14)
    x, ratio = -z, 0.0
    for n in range(40, 0, -1):
        ratio = n / (x + ratio)
    hazard = x + ratio
    return -0.5 * z * z - 0.9189385332046727 - math.log(hazard), hazard


@compiled
def _one_level(level: Floats, f: float) -> tuple[float, float, float]:
    """A level's part of the objective; of half of it the slope and weight by the prediction.

    level: value, beyond, additive, proportional, sd at 0, linear, logged.
    """
    value, beyond, additive, proportional = level[0], level[1], level[2], level[3]
    stretch, scale = 1.0, f
    if level[6] != 0.0:
        if not f > 0.0:
            return math.inf, 0.0, 0.0
        scale, stretch = math.log(f), 1.0 / f
        sd, sd_slope = proportional, 0.0
    elif level[5] != 0.0:
        sd, sd_slope = additive + proportional * f, proportional
    else:
        part = proportional * f
        sd = math.sqrt(additive * additive + part * part)
        sd_slope = proportional * part / sd if sd > 0.0 else 0.0
    if f == 0.0 and sd < level[4]:
        sd = level[4]
    if sd == 0.0:
        if beyond < 0.0 and value > scale:
            return 0.0, 0.0, 0.0
        return math.inf, 0.0, 0.0
    off, lean = (value - scale) / sd, sd_slope / sd
    if beyond == 0.0:
        slope = -off / sd + lean * (1.0 - off * off)
        weight = 1.0 / (sd * sd) + 2.0 * lean * lean
        term = 2.0 * math.log(abs(sd)) + off * off
    else:
        z = -beyond * off
        log_chance, hazard = _log_normal(z)
        z_slope = beyond / sd - z * lean
        pull = hazard * z_slope if hazard > 0.0 else 0.0
        term, slope = -2.0 * log_chance, -pull
        weight = pull * (z + hazard) * z_slope if hazard > 0.0 else 0.0
    return term, slope * stretch, weight * stretch * stretch


@compiled
def _jumps_at(
    slots: Ints, jump: Any, first: int, end: int, vals: Floats, grads: Floats, room: Any
) -> None:
    """Time and amount of every jump with derivatives, and their order in time.

    slots: (n, 6) target and numbers of amount, delay, lasting, rate, duration (-1: none).
    vals, grads: numbers of each regime.
    """
    kind_, slot_, regime_, time_, amount_, rate_, until_ = jump
    at_h, mg, at_q, mg_q, order = room
    q = at_q.shape[1]
    for j in range(first, end):
        n, kind = j - first, kind_[j]
        at_h[n], mg[n] = time_[j], 0.0
        for p in range(q):
            at_q[n, p] = 0.0
            mg_q[n, p] = 0.0
        if kind <= RATE_OFF:
            val, grad, s = vals[regime_[j]], grads[regime_[j]], slot_[j]
            share, delay = slots[s, 1], slots[s, 2]
            at_h[n] += val[delay]
            for p in range(q):
                at_q[n, p] = grad[delay, p]
            if kind == BOLUS:
                mg[n] = amount_[j] * val[share]
                for p in range(q):
                    mg_q[n, p] = amount_[j] * grad[share, p]
            else:
                _infused(slots[s], kind, amount_[j], rate_[j], val, grad, n, at_h, mg, at_q, mg_q)
            if at_h[n] > until_[j]:
                at_h[n], mg[n] = until_[j], 0.0
                for p in range(q):
                    at_q[n, p] = 0.0
                    mg_q[n, p] = 0.0
        m = n
        while m > 0 and at_h[order[m - 1]] > at_h[n]:
            order[m] = order[m - 1]
            m -= 1
        order[m] = n


@compiled
def _infused(
    slot: Ints, kind: int, amount: float, rate: float, val: Floats, grad: Floats, n: int,
    at_h: Floats, mg: Floats, at_q: Floats, mg_q: Floats,
) -> None:  # fmt: skip
    """Begin or end of an infusion: its rate, and when it ends."""
    share, lasting = slot[1], slot[3]
    q = at_q.shape[1]
    off = kind == RATE_OFF
    sign = -1.0 if off else 1.0
    if rate > 0.0:
        mg[n] = sign * rate * val[share]
        lasts = amount / rate * val[lasting]
        if off:
            at_h[n] += lasts
        for p in range(q):
            mg_q[n, p] = sign * rate * grad[share, p]
            if off:
                at_q[n, p] += amount / rate * grad[lasting, p]
        return
    held = slot[4] if rate == -1.0 else slot[5]
    other = amount * val[lasting] / val[held]
    if rate == -1.0:
        mg[n] = sign * val[held] * val[share]
        if off:
            at_h[n] += other
    else:
        mg[n] = sign * other * val[share]
        if off:
            at_h[n] += val[held]
    for p in range(q):
        by = amount * grad[lasting, p] / val[held] - other * grad[held, p] / val[held]
        if rate == -1.0:
            mg_q[n, p] = sign * (grad[held, p] * val[share] + val[held] * grad[share, p])
            if off:
                at_q[n, p] += by
        else:
            mg_q[n, p] = sign * (by * val[share] + other * grad[share, p])
            if off:
                at_q[n, p] += grad[held, p]


@compiled
def scored(
    s: int, eta: Floats, model: Any, people: Any, room: Any, gradient: Floats, information: Floats,
    prediction: Floats,
) -> tuple[float, int]:  # fmt: skip
    """Objective of one subject at some etas; infinite where it has none.

    gradient (q,), information (q, q), prediction (>= levels,) are written.
    Returns the objective and 1 where digits may be lost or there is no closed form.
    """
    ops, consts, depends, entries, gains, slots, order, starts, precision = model
    regime_first, cov, holds, jump_first, jump, level_first, level_h, level_of, level = people
    vals, grads, lams, vs, ws, drivens, seens, turneds, modal, jumps_room, states = room
    z, y, e, after, plain, slope_of = states
    q = eta.shape[0]
    first, regimes = regime_first[s], regime_first[s + 1] - regime_first[s]
    doubt = 0
    total = 0.0
    for i in range(q):
        pulled = 0.0
        for j in range(q):
            pulled += precision[i, j] * eta[j]
            information[i, j] = precision[i, j]
        gradient[i] = pulled
        total += pulled * eta[i]
    for r in range(regimes):
        formulas(ops, consts, depends, eta, cov[first + r], holds[first + r], vals[r], grads[r])
        regime = (lams[r], vs[r], ws[r], drivens[r], seens[r], turneds[r])
        how = settled(entries, gains, order, starts, vals[r], grads[r], regime, modal)
        if how == 2:
            return math.inf, 1
        doubt = max(doubt, how)
    _jumps_at(slots, jump, jump_first[s], jump_first[s + 1], vals, grads, jumps_room)
    at_h, mg, at_q, mg_q, sequence = jumps_room
    kind_, slot_, regime_ = jump[0], jump[1], jump[2]
    m = z.shape[0]
    for i in range(m):
        z[i] = 0.0
        for p in range(q):
            y[p, i] = 0.0
    held, started, now = 0, False, 0.0
    n, count = 0, jump_first[s + 1] - jump_first[s]
    for t in range(level_first[s], level_first[s + 1]):
        while n < count and at_h[sequence[n]] <= level_h[t]:
            k = sequence[n]
            if not math.isfinite(at_h[k]):
                return math.inf, 1
            if started and at_h[k] > now:
                moved(lams[held], drivens[held], at_h[k] - now, z, y, e, after)
            now, started = at_h[k], True
            j = jump_first[s] + k
            if kind_[j] == RESET:
                for i in range(m):
                    z[i] = 0.0
                    for p in range(q):
                        y[p, i] = 0.0
            elif kind_[j] == CHANGE:
                new = max(held, regime_[j])
                if new != held:
                    turned_to(vs[held], ws[new], z, plain)
                    for p in range(q):
                        turned_to(vs[held], ws[new], y[p], plain)
                held = new
            else:
                target = slots[slot_[j], 0]
                for i in range(m):
                    kick = ws[held, i, target]
                    z[i] += kick * mg[k]
                    for p in range(q):
                        y[p, i] += kick * (mg_q[k, p] - lams[held, i] * mg[k] * at_q[k, p])
            n += 1
        if started and level_h[t] > now:
            moved(lams[held], drivens[held], level_h[t] - now, z, y, e, after)
            now = level_h[t]
        o, f = level_of[t], 0.0
        for i in range(m):
            f += seens[held, o, i] * z[i]
        for p in range(q):
            slope = 0.0
            for i in range(m):
                slope += seens[held, o, i] * y[p, i] + turneds[held, p, o, i] * z[i]
            slope_of[p] = slope
        prediction[t - level_first[s]] = f
        term, by_f, weight = _one_level(level[t], f)
        total += term
        for p in range(q):
            gradient[p] += by_f * slope_of[p]
            for i in range(q):
                information[p, i] += weight * slope_of[p] * slope_of[i]
    fine = math.isfinite(total)
    for p in range(q):
        fine = fine and math.isfinite(gradient[p])
        for i in range(q):
            fine = fine and math.isfinite(information[p, i])
    return (total, doubt) if fine else (math.inf, doubt)
