#include "scan/scan_followers.h"

static bool is_equal(const struct pending *a, const struct pending *b)
{
    return a->is_hashed && b->is_hashed && a->message.kind == b->message.kind &&
           a->message.epoch == b->message.epoch &&
           memcmp(&a->message.digest, &b->message.digest, sizeof a->message.digest) == 0;
}

/* Returns another request with equal content that is not itself a follower, or NULL. */
static struct pending *find_leader(const struct pending *pending)
{
    struct pending *other;

    LIST_FOREACH(other, &pending->front_end->all_pending, link)
    if (other != pending && other->state != STATE_FOLLOWING && is_equal(other, pending))
        return other;
    return NULL;
}

bool scan_followers_join(struct pending *pending)
{
    pending->leader = find_leader(pending);
    if (!pending->leader)
        return false;
    pending->state = STATE_FOLLOWING;
    pending->leader->followers++;
    return true;
}

struct pending *scan_followers_take(struct pending *leader)
{
    struct pending *follower;

    if (leader->followers == 0)
        return NULL;
    LIST_FOREACH(follower, &leader->front_end->all_pending, link)
    if (follower->leader == leader)
        break;
    leader->followers--;
    follower->leader = NULL;
    return follower;
}

struct pending *scan_followers_pass_on(struct pending *leader)
{
    struct pending *next = scan_followers_take(leader), *other;

    if (!next)
        return NULL;
    LIST_FOREACH(other, &leader->front_end->all_pending, link)
    if (other->leader == leader)
        other->leader = next;
    next->followers = leader->followers;
    leader->followers = 0;
    return next;
}

struct pending *scan_followers_leave(struct pending *pending)
{
    struct pending *leader = pending->leader;

    if (leader)
        leader->followers--;
    pending->leader = NULL;
    return leader;
}
