#include "base/list.h"

#include "harness.h"

typedef struct person {
    int name;
    mio__list link;
} person;

static mio__list head, other;
static person people[6];

static void lists_init(void)
{
    mio__list_init(&head);
    mio__list_init(&other);
    for (int i = 0; i < 6; i++) {
        people[i].name = i;
        mio__list_init(&people[i].link);
    }
}

static void push(mio__list *list, int name)
{
    mio__list_push(list, &people[name].link);
}

/* A list holds these names, forwards and backwards; -1 ends them. */
static void expect(mio__list *list, const int *names)
{
    mio__list *node = list;

    for (; *names >= 0; names++) {
        ck_assert_ptr_eq(node->next->prev, node);
        node = node->next;
        ck_assert_ptr_ne(node, list);
        ck_assert_int_eq(mio__container_of(node, person, link)->name, *names);
    }
    ck_assert_ptr_eq(node->next, list);
    ck_assert_ptr_eq(list->prev, node);
}

#define EXPECT(list, ...) expect((list), (const int[]){__VA_ARGS__, -1})

START_TEST(an_empty_list)
{
    ck_assert(mio__list_is_empty(&head));
    ck_assert_ptr_null(mio__list_pop(&head));
    EXPECT(&head, -1);
}
END_TEST

START_TEST(push_is_at_the_end_and_pop_at_the_front)
{
    push(&head, 0);
    push(&head, 1);
    push(&head, 2);
    ck_assert(!mio__list_is_empty(&head));
    EXPECT(&head, 0, 1, 2);
    ck_assert_ptr_eq(mio__list_pop(&head), &people[0].link);
    push(&head, 0);
    EXPECT(&head, 1, 2, 0);
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_nonnull(mio__list_pop(&head));
    ck_assert(mio__list_is_empty(&head));
}
END_TEST

START_TEST(remove_anywhere)
{
    for (int i = 0; i < 5; i++)
        push(&head, i);
    mio__list_remove(&people[2].link);
    EXPECT(&head, 0, 1, 3, 4);
    mio__list_remove(&people[0].link);
    EXPECT(&head, 1, 3, 4);
    mio__list_remove(&people[4].link);
    EXPECT(&head, 1, 3);
}
END_TEST

START_TEST(remove_twice_does_nothing_more)
{
    push(&head, 0);
    push(&head, 1);
    mio__list_remove(&people[0].link);
    mio__list_remove(&people[0].link);
    EXPECT(&head, 1);
    ck_assert_ptr_eq(mio__list_pop(&head), &people[1].link);
    mio__list_remove(&people[1].link);
    ck_assert(mio__list_is_empty(&head));
    ck_assert(mio__list_is_empty(&people[1].link));
}
END_TEST

START_TEST(append_moves_everything_in_order)
{
    push(&head, 0);
    push(&head, 1);
    push(&other, 2);
    push(&other, 3);
    mio__list_append(&head, &other);
    EXPECT(&head, 0, 1, 2, 3);
    ck_assert(mio__list_is_empty(&other));
    push(&other, 4);
    EXPECT(&other, 4);
}
END_TEST

START_TEST(append_from_and_to_an_empty_list)
{
    mio__list_append(&head, &other);
    ck_assert(mio__list_is_empty(&head));
    push(&other, 0);
    push(&other, 1);
    mio__list_append(&head, &other);
    EXPECT(&head, 0, 1);
    mio__list_append(&head, &other);
    EXPECT(&head, 0, 1);
    ck_assert(mio__list_is_empty(&other));
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("base/list");
    TCase *tcase = harness_case(suite, "list");

    tcase_add_checked_fixture(tcase, lists_init, NULL);
    tcase_add_test(tcase, an_empty_list);
    tcase_add_test(tcase, push_is_at_the_end_and_pop_at_the_front);
    tcase_add_test(tcase, remove_anywhere);
    tcase_add_test(tcase, remove_twice_does_nothing_more);
    tcase_add_test(tcase, append_moves_everything_in_order);
    tcase_add_test(tcase, append_from_and_to_an_empty_list);
    return suite;
}
