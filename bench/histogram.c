#include "histogram.h"

static unsigned bucket_of(uint64_t value)
{
    unsigned shift = 0;

    while (value >> shift >= 2 * HISTOGRAM_STEPS)
        shift++;
    return shift * HISTOGRAM_STEPS + (unsigned)(value >> shift);
}

/* The highest value that belongs into a bucket. */
static int64_t bucket_top(unsigned bucket)
{
    const unsigned shift =
        bucket < HISTOGRAM_STEPS ? 0 : (bucket - HISTOGRAM_STEPS) / HISTOGRAM_STEPS;
    const uint64_t step = bucket - shift * HISTOGRAM_STEPS;

    return (int64_t)(((step + 1) << shift) - 1);
}

void histogram_record(histogram *h, int64_t value)
{
    if (value < 0)
        value = 0;
    if (value > h->max)
        h->max = value;
    h->count++;
    h->buckets[bucket_of((uint64_t)value)]++;
}

int64_t histogram_at(const histogram *h, double share)
{
    uint64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen > 0 && (double)seen >= share * (double)h->count)
            return bucket_top(i) < h->max ? bucket_top(i) : h->max;
    }
    return h->max;
}
