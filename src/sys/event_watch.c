#include "sys/event_watch.h"

#include "base/buf.h"

void event_watch(struct event *event)
{
    if (event_add(event, NULL) != 0)
        mem_exhausted();
}
