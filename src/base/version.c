#include "mio/base.h"

const char *mio_version(void)
{
    return MIO_VERSION;
}
