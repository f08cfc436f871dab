#include "inbox.h"

int mio__lua_inbox_open(mio__lua_inbox *inbox, mio_loop *loop, uint64_t token)
{
    /* One message may be in the loop's hand while the next is sent. */
    const mio_channel_config config = {.capacity = 2, .message_size = 1, .token = token};
    int err;

    if (inbox->channel != NULL)
        return 0;
    err = pthread_mutex_init(&inbox->lock, NULL);
    if (err != 0)
        return -err;
    err = mio_channel_new(loop, &config, &inbox->channel);
    if (err < 0) {
        pthread_mutex_destroy(&inbox->lock);
        return err;
    }
    inbox->sender = mio_sender_new(inbox->channel);
    inbox->answered_end = &inbox->answered;
    return 0;
}

void mio__lua_inbox_close(mio__lua_inbox *inbox)
{
    if (inbox->channel == NULL)
        return;
    mio_sender_unref(inbox->sender);
    mio_channel_free(inbox->channel);
    pthread_mutex_destroy(&inbox->lock);
    inbox->channel = NULL;
}

void mio__lua_inbox_begin(mio__lua_inbox *inbox, mio__lua_call *call)
{
    *call = (mio__lua_call){.waiter.fd = -1, .inbox = inbox};
}

void mio__lua_inbox_answer(mio__lua_call *call)
{
    mio__lua_inbox *inbox = call->inbox;

    pthread_mutex_lock(&inbox->lock);
    call->answered = true;
    call->next = NULL;
    *inbox->answered_end = call;
    inbox->answered_end = &call->next;
    if (!inbox->rung)
        inbox->rung = mio_sender_send(inbox->sender, "") == 0;
    pthread_mutex_unlock(&inbox->lock);
}

void mio__lua_inbox_take(mio__lua_inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->rung = false;
    for (mio__lua_call *call = inbox->answered; call != NULL; call = call->next) {
        call->answered = false;
        if (call->waiter.task != NULL)
            mio__lua_task_wake(call->waiter.task, WOKEN);
    }
    inbox->answered = NULL;
    inbox->answered_end = &inbox->answered;
    pthread_mutex_unlock(&inbox->lock);
}

void mio__lua_inbox_withdraw(mio__lua_call *call)
{
    mio__lua_inbox *inbox = call->inbox;
    mio__lua_call **link = &inbox->answered;

    pthread_mutex_lock(&inbox->lock);
    if (call->answered) {
        while (*link != call)
            link = &(*link)->next;
        *link = call->next;
        if (inbox->answered_end == &call->next)
            inbox->answered_end = link;
        call->answered = false;
    }
    pthread_mutex_unlock(&inbox->lock);
}
