/*
 * Children of a loop: each has a descriptor that is readable when it has ended, and a
 * registration of the loop's own whose token is the child's id.
 */
#include "mio/child.h"

#include "loop/loop.h"
#include "sys/child.h"
#include "sys/descriptor.h"

#include <errno.h>

static int child_watch(mio_loop *loop, mio__child *child, int pid)
{
    int err = mio__child_open(pid, &child->fd);

    if (err < 0)
        return err;
    err = mio__loop_register_own(loop, child->fd, LOOP_OWN_CHILD, mio__slab_id(child),
                                 &child->registration_id);
    if (err < 0)
        mio__descriptor_close(child->fd);
    return err;
}

int mio_loop_child(mio_loop *loop, int pid, uint64_t token, uint64_t *ret_id)
{
    mio__child *child;
    void *item;
    uint64_t id;
    int err;

    if (pid <= 0)
        return -EINVAL;
    if (mio__loop_is_stale(loop))
        return -ESTALE;
    err = mio__slab_insert(&loop->children, &item, &id);
    if (err < 0)
        return err;
    child = item;
    err = child_watch(loop, child, pid);
    if (err < 0) {
        mio__slab_remove(&loop->children, id);
        return err;
    }
    child->token = token;
    child->pid = pid;
    mio__list_init(&child->ended);
    if (ret_id != NULL)
        *ret_id = id;
    return 0;
}

int mio__loop_child_end(mio_loop *loop, uint64_t id)
{
    mio__child *child = mio__slab_get(&loop->children, id);

    if (child == NULL)
        return -ENOENT;
    mio__list_remove(&child->ended);
    mio__loop_deregister_own(loop, child->registration_id);
    mio__descriptor_close(child->fd);
    mio__slab_remove(&loop->children, id);
    return 0;
}

void mio__loop_child_heard(mio_loop *loop, uint64_t id)
{
    mio__child *child = mio__slab_get(&loop->children, id);

    mio__list_push(&loop->ended, &child->ended);
}

/* One that cannot be waited for yet is heard again in the next turn. */
int mio__loop_child_next(mio_loop *loop, mio_event *ret_event)
{
    mio__list *link;

    while ((link = mio__list_pop(&loop->ended)) != NULL) {
        const mio__child *child = mio__container_of(link, mio__child, ended);
        const uint64_t id = mio__slab_id(child);
        int status = 0;
        const int err = mio__child_wait(child->fd, child->pid, &status);

        if (err == -EAGAIN)
            continue;
        *ret_event = (mio_event){.kind = MIO_CHILD,
                                 .ready = err < 0 ? MIO_ERROR : 0,
                                 .token = child->token,
                                 .id = id,
                                 .value = status};
        mio__loop_child_end(loop, id);
        return 1;
    }
    return 0;
}

void mio__loop_children_free(mio_loop *loop)
{
    const mio__child *child;
    uint32_t cursor = 0;
    uint64_t id;

    while ((child = mio__slab_each(&loop->children, &cursor, &id)) != NULL)
        mio__descriptor_close(child->fd);
    mio__slab_fini(&loop->children);
}
