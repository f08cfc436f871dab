#include "pace.h"

static int64_t due_ns(const pace *p, int64_t now_ns)
{
    if (!(p->interval_ns > 0))
        return now_ns;
    return p->start_ns + (int64_t)((double)p->begun * p->interval_ns);
}

bool pace_over(const pace *p, int64_t now_ns)
{
    return (p->limit > 0 && p->begun >= p->limit) ||
           (p->end_ns > 0 && due_ns(p, now_ns) >= p->end_ns);
}

bool pace_begin(pace *p, int64_t now_ns, int64_t *ret_begin_ns)
{
    const int64_t begin_ns = due_ns(p, now_ns);

    if (begin_ns > now_ns || pace_over(p, now_ns))
        return false;
    p->begun++;
    *ret_begin_ns = begin_ns;
    return true;
}
