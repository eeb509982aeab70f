/* host_name: the host and domain name from the kernel, without a name server. */
#ifndef POSTERN_SYS_HOST_NAME_H
#define POSTERN_SYS_HOST_NAME_H

struct host_name {
    char host[256];   /* "mercure" */
    char domain[256]; /* "example.net"; may be empty */
};

void host_name_get(struct host_name *name);

#endif
