-- Which of several keepers takes the logs into their trees and signs them. The others wait; they know how far it came.
insert into leases values ('trees', '', '-infinity');
