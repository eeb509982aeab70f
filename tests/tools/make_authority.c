/* make_authority DIRECTORY: makes the files of a certificate authority in an empty directory. */

#include "x509/authority.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    struct authority_options options = {.name = "Gateway of the lab", .permitted = "", .now_s = time(NULL)};
    int directory = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    struct buf error = {0};

    if (directory >= 0 && authority_create(directory, &options, &error))
        return EXIT_SUCCESS;
    fprintf(stderr, "%s\n", error.n ? buf_c_str(&error) : "usage: make_authority DIRECTORY");
    return EXIT_FAILURE;
}
