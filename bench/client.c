#include "client.h"

#include "mio/base.h"
#include "mio/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void client_check(ptrdiff_t err, const char *what)
{
    if (err >= 0)
        return;
    fprintf(stderr, "load: %s: %s\n", what, mio_strerror((int)err));
    exit(EXIT_FAILURE);
}

void *client_allocate(long count, size_t size)
{
    void *memory = calloc((size_t)count, size);

    client_check(memory != NULL ? 0 : -ENOMEM, "memory");
    return memory;
}

long client_number(const char *text, long max)
{
    char *end;
    const long number = strtol(text, &end, 10);

    if (*end != '\0' || number < 1 || number > max)
        client_check(-EINVAL, text);
    return number;
}

bool client_next_turn(pace *ret_pace)
{
    char line[128];
    double seconds, rate;
    pace p = {0};

    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    if (sscanf(line, "%ld %lf %lf", &p.limit, &seconds, &rate) != 3)
        client_check(-EINVAL, line);
    p.start_ns = mio_now_ns();
    if (seconds > 0)
        p.end_ns = p.start_ns + (int64_t)(seconds * 1e9);
    if (rate > 0)
        p.interval_ns = 1e9 / rate;
    *ret_pace = p;
    return true;
}

static double latency_us(const histogram *latency, double share)
{
    return (double)histogram_at(latency, share) / 1e3;
}

void client_tell(const pace *p, long done, const histogram *latency)
{
    printf("requests %ld seconds %.6f", done, (double)(mio_now_ns() - p->start_ns) / 1e9);
    if (latency != NULL)
        printf(" p50 %.1f p99 %.1f p99.9 %.1f max %.1f", latency_us(latency, 0.5),
               latency_us(latency, 0.99), latency_us(latency, 0.999), latency_us(latency, 1));
    putchar('\n');
    fflush(stdout);
}
