/*
 * The wake protocol of channels (src/event/sender.h, invariants 2 to 4; src/loop/channel.c, 2 to
 * 4) as a model for spin.
 *
 * Producers send messages, and go or stay; the consumer is to take each message, to report the
 * end after the last when all have gone, and to sleep in between. Writes of the bell may fail.
 * The order that the code has is to pass; each macro below turns it into one that looks as
 * good, and that is to be refuted:
 *
 *     CLEAR_BEFORE_SILENCE   the consumer clears `awake` before it silences the bell
 *     CLEAR_AFTER_LOOK       ... after it has looked for the last time
 *     NO_LAST_LOOK           it takes the messages, then silences and clears
 *     PLAIN_CLEAR            it clears by a store, not by an exchange
 *     RELAXED_FAST_PATH      a producer that reads `awake` as 1 saves the exchange
 *     SIGNAL_FIRST           a producer rings, then publishes
 *     FAILED_WRITE_STAYS     a write that failed leaves `awake` set
 *     SENDERS_AFTER_QUEUE    the consumer reads `senders` after it found the queue empty
 *     ANSWER_FIRST           it answers the bell before it takes messages: its host sleeps
 *     NO_RING_BACK           it finds a message by its last look, and does not ring for the rest
 *
 * What the processor may do: a plain store may be seen by others later than the loads that
 * follow it (a store buffer, here one store deep); a read-modify-write empties the buffer.
 * Nothing else is reordered.
 *
 * A turn of the consumer takes as many messages as it likes: its budget may be spent. One that
 * is no guest has its next turn while it is busy, or when the bell rings; the turn of a guest
 * comes when the bell rings, and only then. When the queue is found empty after a burst, the
 * consumer stays busy and leaves the bell alone: as often as it likes.
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
bool busy;
bool guest;
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

inline clear()
{
#ifdef PLAIN_CLEAR
    atomic { unseen_clear = true }
#else
    awake = 0
#endif
}

inline answer()
{
#ifdef CLEAR_BEFORE_SILENCE
    clear(); bell = 0
#elif defined(CLEAR_AFTER_LOOK)
    bell = 0
#else
    bell = 0; clear()
#endif
}

inline look()
{
    atomic {
        found = (taken < TOTAL && published[taken]);
        if
        :: found -> taken++
        :: else
        fi
    }
}

/* As a producer rings; what the consumer has stored is seen before. */
inline ring_back()
{
    atomic {
        if
        :: unseen_clear -> awake = 0; unseen_clear = false
        :: else
        fi;
        old = awake; awake = 1; owed = false
    }
    if
    :: old == 0 ->
       if
       :: bell = 1
       :: atomic { failures > 0 -> failures--; awake = 0; owed = true }
       fi
    :: else
    fi
}

inline last_look()
{
#ifndef ANSWER_FIRST
    answer();
#endif
#ifndef SENDERS_AFTER_QUEUE
    gone = (senders == 0);
#endif
#ifdef NO_LAST_LOOK
    found = false;
#else
    look();
#endif
#ifdef SENDERS_AFTER_QUEUE
    gone = (senders == 0);
#endif
#ifdef CLEAR_AFTER_LOOK
    clear();
#endif
    if
#ifdef NO_RING_BACK
    :: found
#else
    :: found -> ring_back()
#endif
    :: else ->
       busy = false;
       if
       :: gone -> assert(taken == TOTAL); ended = true
       :: else
       fi
    fi
}

active proctype consumer()
{
    bool gone, found;
    bit old;

    if
    :: guest = true
    :: guest = false
    fi;
end:
    do
    :: bell == 1 || (busy && !guest) ->
#ifdef ANSWER_FIRST
       if
       :: !busy -> answer()
       :: else
       fi;
#endif
       busy = true;
       do
       :: look();
          if
          :: found
          :: else -> break
          fi
       :: found = true; break /* the budget is spent, or there was a burst */
       od;
       if
       :: found
       :: else -> last_look()
       fi
    od
}

/* Nothing can move any more: then nothing is lost. */
active proctype watch()
{
    timeout -> assert(owed || (taken == TOTAL && ended == (senders == 0)))
}
