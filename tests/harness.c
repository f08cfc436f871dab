#include "harness.h"

#include <dirent.h>
#include <stdlib.h>

static int descriptors_before;

int harness_open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = -1; /* the folder's own descriptor */

    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void descriptors_count(void)
{
    descriptors_before = harness_open_descriptors();
}

static void descriptors_compare(void)
{
    ck_assert_int_eq(harness_open_descriptors(), descriptors_before);
}

TCase *harness_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, descriptors_count, descriptors_compare);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    SRunner *runner = srunner_create(harness_suite());
    int failed;

    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
