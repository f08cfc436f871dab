/*
 * getpeereid() of BSD, for tests of src/sys/rights_bsd.c on Linux. The number of the process,
 * which BSD does not tell, is 0 there.
 */
#include <sys/socket.h>
#include <sys/types.h>

int getpeereid(int fd, uid_t *ret_uid, gid_t *ret_gid);

int getpeereid(int fd, uid_t *ret_uid, gid_t *ret_gid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return -1;
    *ret_uid = peer.uid;
    *ret_gid = peer.gid;
    return 0;
}
