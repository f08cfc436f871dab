/* A channel of mio. */
#include "channel.h"

#include "mio/channel.h"

static mio_loop *loop;
static mio_sender *senders[PRODUCERS_MAX];

static void channel_open(void)
{
    const mio_channel_config config = {.capacity = CAPACITY};
    mio_channel *made;

    micro_check(mio_loop_new(NULL, &loop), "loop");
    micro_check(mio_channel_new(loop, &config, &made), "channel");
    for (long i = 0; i < channel.producers; i++)
        senders[i] = mio_sender_new(made);
}

static bool channel_send(long producer, uint64_t value)
{
    return mio_sender_send(senders[producer], &value) == 0;
}

static void channel_close(long producer)
{
    mio_sender_unref(senders[producer]);
}

static void channel_notify(mio_loop *of, const mio_event *event, void *ctx)
{
    (void)of;
    (void)ctx;
    if (event->message != NULL)
        channel_receive(*(const uint64_t *)event->message);
}

static void channel_run(void)
{
    static const mio_handler handler = {.notify = channel_notify};

    micro_check(mio_loop_run(loop, &handler, NULL), "run");
    mio_loop_free(loop);
}
