# Where a rival's class path and classes are kept: named by everything they are made of.

# rival_folder NAME CACHE
rival_folder() {
    local rivals
    rivals=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    echo "$2/$1-$(cat "$rivals/$1"/pom.xml "$rivals/$1"/*.java "$rivals"/shared/*.java | sha256sum | cut -c1-12)"
}
