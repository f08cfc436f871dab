#include "data/slab.h"

#include "harness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct thing {
    mio__slab_item item;
    uint64_t value;
    uint64_t more;
} thing;

enum { KIND = 2, SIZE = sizeof(thing) };

static const uint32_t last_generation = (UINT32_C(1) << 30) - 1;

static mio__slab slab;
static harness_memory memory;

static void slab_make(uint32_t chunk)
{
    mio_allocator allocator;

    memset(&memory, 0, sizeof memory);
    allocator = harness_allocator(&memory);
    mio__slab_init(&slab, &allocator, SIZE, KIND, chunk);
}

static void slab_drop(void)
{
    mio__slab_check(&slab);
    mio__slab_fini(&slab);
    ck_assert_uint_eq(memory.blocks, 0);
}

static uint64_t insert(thing **ret_object)
{
    void *item = NULL;
    uint64_t id = 0;

    ck_assert_int_eq(mio__slab_insert(&slab, &item, &id), 0);
    if (ret_object != NULL)
        *ret_object = item;
    return id;
}

static uint32_t slot_of(uint64_t id)
{
    return (uint32_t)id;
}

START_TEST(an_empty_slab_holds_and_allocates_nothing)
{
    uint32_t cursor = 0;
    uint64_t id = 7;

    slab_make(4);
    ck_assert_uint_eq(slab.count, 0);
    ck_assert_ptr_null(mio__slab_get(&slab, 0));
    ck_assert_ptr_null(mio__slab_get(&slab, UINT64_MAX));
    ck_assert_ptr_null(mio__slab_each(&slab, &cursor, &id));
    ck_assert_uint_eq(id, 7);
    ck_assert_uint_eq(memory.calls, 0);
    slab_drop();
}
END_TEST

START_TEST(an_id_names_its_object_until_it_is_removed)
{
    thing *object;
    uint64_t id;

    slab_make(4);
    id = insert(&object);
    ck_assert_uint_ne(id, 0);
    ck_assert_ptr_eq(mio__slab_get(&slab, id), object);
    ck_assert_uint_eq(mio__slab_id(object), id);
    ck_assert_uint_eq(slab.count, 1);
    mio__slab_remove(&slab, id);
    ck_assert_ptr_null(mio__slab_get(&slab, id));
    ck_assert_uint_eq(slab.count, 0);
    slab_drop();
}
END_TEST

START_TEST(a_stale_id_does_not_name_the_slot_s_next_object)
{
    thing *object;
    uint64_t stale, id;

    slab_make(1);
    stale = insert(NULL);
    mio__slab_remove(&slab, stale);
    id = insert(&object);
    ck_assert_uint_eq(slot_of(id), slot_of(stale));
    ck_assert_uint_ne(id, stale);
    ck_assert_ptr_null(mio__slab_get(&slab, stale));
    ck_assert_ptr_eq(mio__slab_get(&slab, id), object);
    slab_drop();
}
END_TEST

/* Whatever a program makes up, it never gets a free slot, nor one never handed out. */
START_TEST(forged_ids_find_nothing)
{
    uint64_t live, dead;

    slab_make(4);
    dead = insert(NULL);
    live = insert(NULL);
    mio__slab_remove(&slab, dead);
    for (uint64_t generation = 0; generation < 6; generation++) {
        for (uint64_t kind = 0; kind < 4; kind++) {
            uint64_t tag = kind << 62 | generation << 32;

            ck_assert_ptr_null(mio__slab_get(&slab, tag | slot_of(dead)));
            ck_assert_ptr_null(mio__slab_get(&slab, tag | 2));
            ck_assert_ptr_null(mio__slab_get(&slab, tag | 1000));
            ck_assert_ptr_null(mio__slab_get(&slab, tag | UINT32_MAX));
            if ((tag | slot_of(live)) != live)
                ck_assert_ptr_null(mio__slab_get(&slab, tag | slot_of(live)));
        }
    }
    slab_drop();
}
END_TEST

/* Memory of an earlier life may look like a live object where no slot was handed out yet. */
START_TEST(slots_never_handed_out_are_not_looked_at)
{
    slab_make(4);
    insert(NULL);
    mio__slab_at(&slab, 1)->tag = (uint32_t)KIND << 30 | 1;
    mio__slab_at(&slab, 1)->next = 1;
    ck_assert_ptr_null(mio__slab_get(&slab, mio__slab_id(mio__slab_at(&slab, 1))));
    slab_drop();
}
END_TEST

START_TEST(ids_of_other_kinds_never_match)
{
    mio__slab slabs[4];
    uint64_t ids[4];
    void *item;

    for (unsigned i = 0; i < 4; i++) {
        mio__slab_init(&slabs[i], NULL, SIZE, i, 4);
        ck_assert_int_eq(mio__slab_insert(&slabs[i], &item, &ids[i]), 0);
        ck_assert_uint_ne(ids[i], 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < 4; k++)
            ck_assert((mio__slab_get(&slabs[i], ids[k]) != NULL) == (i == k));
    }
    for (unsigned i = 0; i < 4; i++)
        mio__slab_fini(&slabs[i]);
}
END_TEST

START_TEST(objects_start_all_zero)
{
    thing *object;

    slab_make(2);
    for (int i = 0; i < 3; i++) {
        uint64_t id = insert(&object);

        ck_assert_uint_eq(object->value, 0);
        ck_assert_uint_eq(object->more, 0);
        object->value = UINT64_MAX;
        object->more = UINT64_MAX;
        mio__slab_remove(&slab, id);
    }
    slab_drop();
}
END_TEST

START_TEST(fresh_slots_in_order_and_free_ones_last_in_first_out)
{
    uint64_t ids[5];

    slab_make(1);
    for (uint32_t i = 0; i < 5; i++) {
        ids[i] = insert(NULL);
        ck_assert_uint_eq(slot_of(ids[i]), i);
    }
    mio__slab_remove(&slab, ids[3]);
    mio__slab_remove(&slab, ids[0]);
    mio__slab_remove(&slab, ids[4]);
    mio__slab_check(&slab);
    ck_assert_uint_eq(slot_of(insert(NULL)), 4);
    ck_assert_uint_eq(slot_of(insert(NULL)), 0);
    ck_assert_uint_eq(slot_of(insert(NULL)), 3);
    ck_assert_uint_eq(slot_of(insert(NULL)), 5);
    slab_drop();
}
END_TEST

START_TEST(objects_never_move_while_the_slab_grows)
{
    enum { COUNT = 1000 };
    static const uint32_t chunks[] = {1, 2, 4, 64, 2048};
    static thing *objects[COUNT];
    static uint64_t ids[COUNT];

    for (size_t k = 0; k < sizeof chunks / sizeof chunks[0]; k++) {
        slab_make(chunks[k]);
        for (uint64_t i = 0; i < COUNT; i++) {
            ids[i] = insert(&objects[i]);
            objects[i]->value = i;
            objects[i]->more = ~i;
        }
        for (uint64_t i = 0; i < COUNT; i++) {
            ck_assert_ptr_eq(mio__slab_get(&slab, ids[i]), objects[i]);
            ck_assert_uint_eq(objects[i]->value, i);
            ck_assert_uint_eq(objects[i]->more, ~i);
        }
        slab_drop();
    }
}
END_TEST

START_TEST(reserved_inserts_allocate_nothing)
{
    unsigned calls;
    uint64_t id;

    slab_make(4);
    id = insert(NULL);
    insert(NULL);
    mio__slab_remove(&slab, id);
    ck_assert_int_eq(mio__slab_reserve(&slab, 100), 0);
    calls = memory.calls;
    for (int i = 0; i < 100; i++)
        insert(NULL);
    ck_assert_uint_eq(memory.calls, calls);
    ck_assert_int_eq(mio__slab_reserve(&slab, 0), 0);
    ck_assert_uint_eq(memory.calls, calls);
    slab_drop();
}
END_TEST

START_TEST(steady_state_allocates_nothing)
{
    unsigned calls;

    slab_make(4);
    for (int i = 0; i < 4; i++)
        insert(NULL);
    calls = memory.calls;
    for (int i = 0; i < 1000; i++) {
        uint32_t cursor = 0;
        uint64_t id;

        ck_assert_ptr_nonnull(mio__slab_each(&slab, &cursor, &id));
        mio__slab_remove(&slab, id);
        insert(NULL);
    }
    ck_assert_uint_eq(memory.calls, calls);
    slab_drop();
}
END_TEST

START_TEST(each_visits_the_live_in_slot_order)
{
    uint64_t ids[20];
    uint32_t cursor = 0;
    uint64_t id;

    slab_make(2);
    for (int i = 0; i < 20; i++)
        ids[i] = insert(NULL);
    for (int i = 0; i < 20; i += 3)
        mio__slab_remove(&slab, ids[i]);
    for (int i = 0; i < 20; i++) {
        if (i % 3 == 0)
            continue;
        ck_assert_ptr_eq(mio__slab_each(&slab, &cursor, &id), mio__slab_get(&slab, ids[i]));
        ck_assert_uint_eq(id, ids[i]);
        mio__slab_remove(&slab, id); /* allowed meanwhile */
    }
    ck_assert_ptr_null(mio__slab_each(&slab, &cursor, &id));
    ck_assert_uint_eq(slab.count, 0);
    slab_drop();
}
END_TEST

/* Let a live object be the last one that its slot can hold. */
static uint64_t wear_out(thing *object)
{
    object->item.tag = (uint32_t)KIND << 30 | last_generation;
    return mio__slab_id(object);
}

START_TEST(a_slot_without_generations_is_retired)
{
    thing *object;
    uint64_t first, last, next;

    slab_make(1);
    first = insert(&object);
    last = wear_out(object);
    ck_assert_ptr_eq(mio__slab_get(&slab, last), object);
    mio__slab_remove(&slab, last);
    mio__slab_check(&slab);
    ck_assert_uint_eq(slab.count, 0);
    ck_assert_uint_eq(slab.free_count, 0);
    next = insert(NULL);
    ck_assert_uint_ne(slot_of(next), slot_of(first));
    ck_assert_ptr_null(mio__slab_get(&slab, first));
    ck_assert_ptr_null(mio__slab_get(&slab, last));
    ck_assert_ptr_null(mio__slab_get(&slab, (uint64_t)KIND << 62 | slot_of(first)));
    slab_drop();
}
END_TEST

START_TEST(a_retired_slot_counts_for_no_reserve)
{
    thing *object;
    unsigned calls;

    slab_make(2);
    insert(&object);
    mio__slab_remove(&slab, wear_out(object));
    ck_assert_int_eq(mio__slab_reserve(&slab, 2), 0);
    calls = memory.calls;
    insert(NULL);
    insert(NULL);
    ck_assert_uint_eq(memory.calls, calls);
    slab_drop();
}
END_TEST

/* Fill a slab to 15 objects while the fail_at-th allocation fails: of a chunk each, and of a
   directory that grows three times. */
static bool fill_failing(unsigned fail_at, bool sticky)
{
    unsigned failures = 0;

    slab_make(1);
    memory.fail_at = fail_at;
    memory.sticky = sticky;
    while (slab.count < 15) {
        uint32_t count = slab.count;
        uint64_t id = 7;
        void *item = &slab;

        if (mio__slab_insert(&slab, &item, &id) == 0)
            continue;
        failures++;
        ck_assert_uint_eq(slab.count, count);
        ck_assert_ptr_eq(item, &slab); /* nothing was written */
        ck_assert_uint_eq(id, 7);
        mio__slab_check(&slab);
        if (failures == 3)
            memory.sticky = false; /* memory is back: the slab goes on */
    }
    slab_drop();
    return failures != 0;
}

START_TEST(each_allocation_fails)
{
    for (int sticky = 0; sticky < 2; sticky++) {
        unsigned fail_at = 1;

        while (fill_failing(fail_at, sticky == 1))
            fail_at++;
        ck_assert_uint_eq(fail_at, 15 + 3 + 1);
    }
}
END_TEST

START_TEST(a_reserve_that_fails_keeps_the_objects)
{
    thing *object;
    uint64_t id;

    slab_make(1);
    id = insert(&object);
    memory.fail_at = memory.calls + 3;
    ck_assert_int_eq(mio__slab_reserve(&slab, 1000), -ENOMEM);
    ck_assert_ptr_eq(mio__slab_get(&slab, id), object);
    mio__slab_check(&slab);
    ck_assert_int_eq(mio__slab_reserve(&slab, 1000), 0);
    ck_assert_ptr_eq(mio__slab_get(&slab, id), object);
    slab_drop();
}
END_TEST

/* Address space for any number of slots, none of which may be touched; true memory for what is
   smaller, the directory. */
static void *endless_realloc(void *ud, void *ptr, size_t osize, size_t nsize)
{
    const size_t small = 4096;

    if (nsize == 0) {
        free(osize < small ? ptr : NULL);
        return NULL;
    }
    return nsize < small ? realloc(ptr, nsize) : ud;
}

START_TEST(slot_numbers_end_before_they_wrap)
{
    static char nowhere;
    const mio_allocator endless = {endless_realloc, &nowhere};
    const int outcome = SIZE_MAX > UINT32_MAX ? 0 : -ENOMEM; /* 32 bits of memory end first */

    mio__slab_init(&slab, &endless, SIZE, KIND, UINT32_C(1) << 30);
    ck_assert_int_eq(mio__slab_reserve(&slab, UINT32_C(3) << 30), outcome);
    ck_assert_int_eq(mio__slab_reserve(&slab, (UINT32_C(3) << 30) + 1), -ENOMEM);
    mio__slab_fini(&slab);
}
END_TEST

START_TEST(a_chunk_too_large_for_memory_is_refused)
{
    /* 16 times this is 128 in a size_t. */
    mio__slab_init(&slab, NULL, SIZE_MAX / 16 + 1 + 8, KIND, 16);
    ck_assert_int_eq(mio__slab_reserve(&slab, 1), -ENOMEM);
    mio__slab_fini(&slab);
}
END_TEST

/*
 * The model: every id that there ever was, with the value its object must have, or dead.
 */
enum { MODEL_IDS = 40000 };
static struct {
    uint64_t id;
    bool is_live;
} model[MODEL_IDS];

static void model_expect(size_t i)
{
    thing *object = mio__slab_get(&slab, model[i].id);

    if ((object != NULL) != model[i].is_live)
        ck_abort_msg("id %zu of the model", i);
    if (object != NULL && (object->value != i || object->more != 0))
        ck_abort_msg("object %zu of the model", i);
}

START_TEST(random_operations_against_a_model)
{
    uint64_t random = 42;
    size_t ids = 0;
    uint32_t live = 0;
    thing *object;

    slab_make(1);
    for (int step = 0; ids < MODEL_IDS; step++) {
        size_t i = ids == 0 ? 0 : harness_random_size(&random, ids);
        bool growing = harness_random(&random) % 4096 >= live; /* some 2000 live at a time */

        if (growing) {
            model[ids].id = insert(&object);
            model[ids].is_live = true;
            object->value = ids++;
            live++;
        } else if (model[i].is_live) {
            mio__slab_remove(&slab, model[i].id);
            model[i].is_live = false;
            live--;
        }
        model_expect(i);
        if (step % 1024 == 0)
            mio__slab_check(&slab);
    }
    ck_assert_uint_eq(slab.count, live);
    for (size_t i = 0; i < ids; i++)
        model_expect(i);
    slab_drop();
}
END_TEST

Suite *harness_suite(void)
{
    Suite *suite = suite_create("data/slab");
    TCase *ids = harness_case(suite, "ids");
    TCase *room = harness_case(suite, "room");

    tcase_add_test(ids, an_empty_slab_holds_and_allocates_nothing);
    tcase_add_test(ids, an_id_names_its_object_until_it_is_removed);
    tcase_add_test(ids, a_stale_id_does_not_name_the_slot_s_next_object);
    tcase_add_test(ids, forged_ids_find_nothing);
    tcase_add_test(ids, slots_never_handed_out_are_not_looked_at);
    tcase_add_test(ids, ids_of_other_kinds_never_match);
    tcase_add_test(ids, objects_start_all_zero);
    tcase_add_test(ids, each_visits_the_live_in_slot_order);
    tcase_add_test(ids, a_slot_without_generations_is_retired);
    tcase_add_test(ids, random_operations_against_a_model);
    tcase_add_test(room, fresh_slots_in_order_and_free_ones_last_in_first_out);
    tcase_add_test(room, objects_never_move_while_the_slab_grows);
    tcase_add_test(room, reserved_inserts_allocate_nothing);
    tcase_add_test(room, steady_state_allocates_nothing);
    tcase_add_test(room, a_retired_slot_counts_for_no_reserve);
    tcase_add_test(room, each_allocation_fails);
    tcase_add_test(room, a_reserve_that_fails_keeps_the_objects);
    tcase_add_test(room, slot_numbers_end_before_they_wrap);
    tcase_add_test(room, a_chunk_too_large_for_memory_is_refused);
    return suite;
}
