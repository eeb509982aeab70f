/* scan_followers: requests with equal content, of which only the first, the leader, is scanned. The others
 * follow it: they wait for its verdict. */
#ifndef POSTERN_SCAN_SCAN_FOLLOWERS_H
#define POSTERN_SCAN_SCAN_FOLLOWERS_H

#include "scan/scan_front_end_internal.h"

/* Makes the request a follower of an earlier one with equal content. Returns false if there is none. */
bool scan_followers_join(struct pending *pending);
/* Takes one follower from its leader. Returns NULL if there is none. */
struct pending *scan_followers_take(struct pending *leader);
/* Makes one follower, which is returned, the leader of the others. Returns NULL if there is none. */
struct pending *scan_followers_pass_on(struct pending *leader);
/* Takes the request from its leader, which is returned. Returns NULL if it does not follow any. */
struct pending *scan_followers_leave(struct pending *pending);

#endif
