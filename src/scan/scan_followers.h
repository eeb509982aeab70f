/* scan_followers: requests with equal content, of which only the first, the leader, is scanned. The others
 * follow it: they wait for its verdict. */
#ifndef POSTERN_SCAN_SCAN_FOLLOWERS_H
#define POSTERN_SCAN_SCAN_FOLLOWERS_H

#include "scan/scan_front_end_internal.h"

/* Makes the request a follower of another one with equal content. Returns false if there is no such
 * request. */
bool scan_followers_join(struct pending *pending);
/* Takes one follower from the leader and returns it; NULL: the leader has none. */
struct pending *scan_followers_take(struct pending *leader);
/* Takes one follower from the leader, makes it the leader of the others and returns it; NULL: there is
 * none. */
struct pending *scan_followers_pass_on(struct pending *leader);
/* Takes the request from its leader. Returns that leader; NULL: the request is no follower. */
struct pending *scan_followers_leave(struct pending *pending);

#endif
