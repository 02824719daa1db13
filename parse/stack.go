package parse

/*
#include <pthread.h>
#include <stddef.h>

static size_t default_stack(void) {
	pthread_attr_t attr;
	size_t size = 0;
	if (pthread_attr_init(&attr) == 0) {
		if (pthread_attr_getstacksize(&attr, &size) != 0)
			size = 0;
		pthread_attr_destroy(&attr);
	}
	return size;
}
*/
import "C"

// threadStack is the size in bytes of the stacks that Go's runtime gives to threads that run C code: the C library's default, which follows the soft limit on stacks (ulimit -s) at the start.
var threadStack = int(C.default_stack())
