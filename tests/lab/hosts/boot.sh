#!/bin/bash
# Boots one host: bash boot.sh outer, with what `machine.py` puts into the environment. Then PID 1 is systemd.
#   MACHINE  folder of the host (upper, work, root, disks)     LOWER  file systems below it, as overlay wants them
#   NAME     host name          NETNS  network namespace       GROUPS_FILE  hierarchies, see control_groups.lines
#   DISKS    lines "PATH FILE": small disks of their own       CARDS  how many GPUs
set -eu

outer() {
    while read -r _ _ _ join; do echo $$ >"$join"; done <"$GROUPS_FILE"
    exec nsenter --net="/run/netns/$NETNS" \
        unshare --mount --uts --pid --fork --cgroup --ipc --kill-child --propagation private bash "$0" inner
}

inner() {
    root=$MACHINE/root
    mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$MACHINE/upper,workdir=$MACHINE/work" "$root"
    # overlay2 cannot lie on an overlay, so Docker gets a plain folder
    mkdir -p "$root/var/lib/docker"
    mount --bind "$MACHINE/docker" "$root/var/lib/docker"
    disks
    kernel
    groups
    devices
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    hostname "$NAME"
    cd "$root"
    mkdir -p .old
    pivot_root . .old
    exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        bash -c 'umount -l /.old && exec /lib/systemd/systemd --log-target=journal'
}

disks() {
    while read -r path file; do
        [ -n "$path" ] || continue
        mkdir -p "$root$path"
        mount -o loop "$file" "$root$path"
        rmdir "$root$path/lost+found" 2>/dev/null || :
    done <<<"$DISKS"
}

kernel() {
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys"
    # a boot of its own: what was locked before a power cut can be told from what is locked now
    cat /proc/sys/kernel/random/uuid >"$MACHINE/boot_id"
    mount --bind "$MACHINE/boot_id" "$root/proc/sys/kernel/random/boot_id"
}

groups() {
    grep -q "^cgroup2 /sys/fs/cgroup " "$GROUPS_FILE" || mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
    while read -r kind folder options _; do
        mkdir -p "$root$folder"
        mount -t "$kind" -o "$options" "$kind" "$root$folder"
    done <"$GROUPS_FILE"
}

devices() {
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
    # its own nodes, because systemd changes their modes
    while read -r name major minor; do mknod -m 666 "$root/dev/$name" c "$major" "$minor"; done <<'NODES'
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
console 1 3
NODES
    for card in $(seq 0 $((CARDS - 1))); do : >"$root/dev/nvidia$card"; done
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
}

"$1"
