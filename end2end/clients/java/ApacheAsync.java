// Fetches a file with Apache HttpAsyncClient 4: ApacheAsync URL OUT [USER PASSWORD]

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.http.HttpResponse;
import org.apache.http.auth.AuthScope;
import org.apache.http.auth.UsernamePasswordCredentials;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.impl.client.BasicCredentialsProvider;
import org.apache.http.impl.nio.client.CloseableHttpAsyncClient;
import org.apache.http.impl.nio.client.HttpAsyncClients;

public class ApacheAsync {
    public static void main(String[] arguments) throws Exception {
        BasicCredentialsProvider credentials = new BasicCredentialsProvider();
        if (arguments.length == 4) {
            credentials.setCredentials(AuthScope.ANY, new UsernamePasswordCredentials(arguments[2], arguments[3]));
        }
        try (CloseableHttpAsyncClient client =
                HttpAsyncClients.custom().setDefaultCredentialsProvider(credentials).build()) {
            client.start();
            HttpResponse answer = client.execute(new HttpGet(arguments[0]), null).get();
            if (answer.getStatusLine().getStatusCode() == 200) {
                Files.copy(answer.getEntity().getContent(), Path.of(arguments[1]));
            }
        }
    }
}
