/*
 * The frame of a C test program: main, TAP output, and a watch for leaked descriptors.
 *
 * A program defines harness_suite() and gets its cases from harness_case(), which checks
 * after every test that as many descriptors are open as before it.
 */
#ifndef MIO_TESTS_HARNESS_H
#define MIO_TESTS_HARNESS_H

#include <check.h>

/* Defined by each test program: its name and its cases. */
Suite *harness_suite(void);

/* A new case of `suite`, whose tests fail where they leave descriptors open. */
TCase *harness_case(Suite *suite, const char *name);

/* How many descriptors this process has open. */
int harness_open_descriptors(void);

#endif
