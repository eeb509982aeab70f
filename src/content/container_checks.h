/* container_checks: functions for content/container. Each checks a container's header, except the magic
 * number. Each gets the bytes from the presumed start of the container to the end of the file. */
#ifndef POSTERN_CONTENT_CONTAINER_CHECKS_H
#define POSTERN_CONTENT_CONTAINER_CHECKS_H

#include "base/span.h"

bool check_7z(struct span container);
bool check_ace(struct span container);
bool check_ar(struct span container);
bool check_arj(struct span container);
bool check_bzip2(struct span container);
bool check_compress(struct span container);
bool check_cpio(struct span container);
bool check_gzip(struct span container);
bool check_gzip_within(struct span container);
bool check_lha(struct span container);
bool check_lrzip(struct span container);
bool check_lz4(struct span container);
bool check_lzip(struct span container);
bool check_lzma(struct span container);
bool check_qcow(struct span container);
bool check_rar4(struct span container);
bool check_rar5(struct span container);
bool check_rpm(struct span container);
bool check_squashfs(struct span container);
bool check_tar(struct span container);
bool check_vdi(struct span container);
bool check_vhdx(struct span container);
bool check_vmdk(struct span container);
bool check_xar(struct span container);
bool check_xz(struct span container);
bool check_zoo(struct span container);
bool check_zstd(struct span container);

#endif
