/*
 * Circular lists whose links live inside the listed objects.
 *
 * 1. The head is a link of the ring too: no operation tests for an end.
 * 2. A link outside every list is linked to itself, so that removing it again does nothing.
 */
#ifndef MIO__BASE_LIST_H
#define MIO__BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mio__list {
    struct mio__list *next, *prev;
} mio__list;

/* The object of type `type` whose field `member` is at `ptr`. */
#define mio__container_of(ptr, type, member)                                                   \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* An empty head, or a link outside every list. */
static inline void mio__list_init(mio__list *node)
{
    node->next = node;
    node->prev = node;
}

static inline bool mio__list_is_empty(const mio__list *head)
{
    return head->next == head;
}

/* Put `node`, which is in no list, at the end. */
static inline void mio__list_push(mio__list *head, mio__list *node)
{
    node->next = head;
    node->prev = head->prev;
    head->prev->next = node;
    head->prev = node;
}

/* Take `node` out of its list, if it is in one. */
static inline void mio__list_remove(mio__list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    mio__list_init(node);
}

/* Take out the first node, or return NULL. */
static inline mio__list *mio__list_pop(mio__list *head)
{
    mio__list *node = head->next;

    if (node == head)
        return NULL;
    mio__list_remove(node);
    return node;
}

/* Move everything in `from` to the end of `head`, in order; `from` is empty after. */
static inline void mio__list_append(mio__list *head, mio__list *from)
{
    if (mio__list_is_empty(from))
        return;
    from->next->prev = head->prev;
    from->prev->next = head;
    head->prev->next = from->next;
    head->prev = from->prev;
    mio__list_init(from);
}

#endif
