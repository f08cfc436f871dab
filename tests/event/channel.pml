/*
 * The wake protocol of channels (src/event/sender.h, invariants 2 to 4) as a model for spin.
 *
 * Producers send messages, and go or stay; the consumer is to take each message, to report the
 * end after the last when all have gone, and to sleep in between. Writes of the bell may fail. The order that the code has
 * is to pass; each macro below turns it into one that looks as good, and that is to be refuted:
 *
 *     CLEAR_BEFORE_SILENCE   the consumer clears `awake` before it silences the bell
 *     CLEAR_AFTER_DRAIN      ... after it has taken the messages
 *     DRAIN_FIRST            it takes the messages, then silences and clears
 *     PLAIN_CLEAR            it clears by a store, not by an exchange
 *     RELAXED_FAST_PATH      a producer that reads `awake` as 1 saves the exchange
 *     SIGNAL_FIRST           a producer rings, then publishes
 *     FAILED_WRITE_STAYS     a write that failed leaves `awake` set
 *     SENDERS_AFTER_QUEUE    the consumer reads `senders` after it found the queue empty
 *
 * What the processor may do: a plain store may be seen by others later than the loads that
 * follow it (a store buffer, here one store deep); a read-modify-write empties the buffer.
 * Nothing else is reordered. Messages are taken one by one, so that a consumer whose budget is
 * spent is one that is slow.
 */
#define PRODUCERS 2
#define EACH      2
#define TOTAL     4 /* PRODUCERS * EACH */
#define FAILURES  1

bool published[TOTAL]; /* slot: its message can be seen */
byte tail;             /* slots reserved */
byte taken;            /* and taken */
bit awake;
bit bell;
byte senders = PRODUCERS;
byte failures = FAILURES;
bool owed; /* a write failed, and no send has begun since: the loop may sleep on a message */
bool ended;

/* The store buffers: a slot that is published but not seen yet (TOTAL: none), a clear. */
byte unseen[PRODUCERS] = TOTAL;
bool unseen_clear;

inline flush(me)
{
    if
    :: unseen[me] < TOTAL -> published[unseen[me]] = true; unseen[me] = TOTAL
    :: else
    fi
}

inline exchange(me, old)
{
    atomic { flush(me); old = awake; awake = 1; owed = false }
}

inline ring(me)
{
    if
    :: bell = 1
    :: atomic { failures > 0 -> failures--; failed = true }
    fi;
    if
    :: failed ->
       failed = false;
#ifdef FAILED_WRITE_STAYS
       owed = true
#else
       atomic { flush(me); awake = 0; owed = true }
#endif
    :: else
    fi
}

inline wake(me)
{
#ifdef RELAXED_FAST_PATH
    if
    :: awake == 1 -> owed = false
    :: awake == 0 ->
#endif
    exchange(me, old);
    if
    :: old == 0 -> ring(me)
    :: else
    fi
#ifdef RELAXED_FAST_PATH
    fi
#endif
}

inline publish(me)
{
    atomic { flush(me); unseen[me] = slot }
}

/* The buffers empty themselves at any moment. */
active proctype buffers()
{
end:
    do
    :: atomic { unseen[0] < TOTAL -> flush(0) }
    :: atomic { unseen[1] < TOTAL -> flush(1) }
    :: atomic { unseen_clear -> awake = 0; unseen_clear = false }
    od
}

active [PRODUCERS] proctype producer()
{
    byte me = _pid - 1; /* the buffers come first */
    byte sent, slot;
    bit old;
    bool failed;

    do
    :: sent < EACH ->
       atomic { slot = tail; tail++ }
#ifdef SIGNAL_FIRST
       wake(me);
       publish(me);
#else
       publish(me);
       wake(me);
#endif
       sent++
    :: else -> break
    od;
    if
    :: true /* it keeps its sender: no last wake covers what went wrong */
    :: true ->
       atomic { flush(me); senders--; old = (senders == 0) }
       if
       :: old -> wake(me)
       :: else
       fi
    fi
}

inline drain()
{
    do
    :: atomic { taken < TOTAL && published[taken] -> taken++ }
    :: else -> break
    od
}

inline clear()
{
#ifdef PLAIN_CLEAR
    atomic { unseen_clear = true }
#else
    awake = 0
#endif
}

/* The queue was found empty. */
inline end_or_not()
{
    gone = (senders == 0);
#ifndef SENDERS_AFTER_QUEUE
    drain();
#endif
    if
    :: gone -> assert(taken == TOTAL); ended = true
    :: else
    fi
}

active proctype consumer()
{
    bool gone;

end:
    do
    :: bell == 1 ->
#if defined(CLEAR_BEFORE_SILENCE)
       clear(); bell = 0; drain(); end_or_not()
#elif defined(CLEAR_AFTER_DRAIN)
       bell = 0; drain(); end_or_not(); clear()
#elif defined(DRAIN_FIRST)
       drain(); end_or_not(); bell = 0; clear()
#else
       bell = 0; clear(); drain(); end_or_not()
#endif
    od
}

/* Nothing can move any more: then nothing is lost. */
active proctype watch()
{
    timeout -> assert(owed || (taken == TOTAL && ended == (senders == 0)))
}
